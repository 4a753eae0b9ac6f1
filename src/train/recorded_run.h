// Runs as they were recorded, ours and kohya's: their options by name, and how they ended. For looking back and
// comparing.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::train {

struct RecordedRun {
  std::string name;
  /// Option -> value, under kohya's names, numbers in one spelling (1e-05 is 0.00001). What a record does not say is
  /// not in here.
  std::map<std::string, std::string> options;
  bool is_partial = false;  ///< it says some options only, as a LoRA file does
  std::optional<int64_t> steps_done;
  std::optional<double> loss;             ///< mean of the last tenth of the logged steps
  std::optional<double> validation_loss;  ///< the last
};

/// `text` is a run's folder (options.toml, log.csv), a TOML or JSON file of kohya's trainer or its GUI, a LoRA file
/// (.safetensors: its ss_ metadata), a text file with a command line, or itself a command line ("accelerate launch
/// ...", "darkroom train ..."). Throws Error: not_found, and corrupt_file where it is none of these.
RecordedRun read_recorded_run(const std::string& text);

/// The run folders below `folder` (those with options.toml), newest first.
std::vector<std::filesystem::path> run_folders(const std::filesystem::path& folder);

struct OptionDifference {
  std::string name;
  std::string first, second;  ///< "" = not recorded and no default known
  bool first_is_default = false, second_is_default = false;
};

/// Options that differ, by name. Where a run does not say one, it has kohya's default if `standard` knows it; of a
/// partial record nothing is known then. Names that only say where files lie are left out.
std::vector<OptionDifference> differing_options(const RecordedRun& first, const RecordedRun& second,
                                                const std::map<std::string, std::string>& standard);

/// The options of a command line by name without dashes; flags are "true". Quotes and backslashes as in a shell. What
/// stands before a script, a word that ends in .py, is the launcher's.
std::map<std::string, std::string> command_line_options(std::string_view line);

}  // namespace darkroom::train
