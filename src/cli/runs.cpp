// darkroom runs: what was trained, and how two runs differ.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/subcommands.h"
#include "formats/picture_file.h"
#include "plot/grid.h"
#include "train/config.h"
#include "train/recorded_run.h"
#include "train/run_samples.h"

namespace darkroom::cli {
namespace {

std::string or_dash(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "-";
}

std::string value_of(const train::RecordedRun& run, const std::string& name) {
  const auto found = run.options.find(name);
  return found == run.options.end() || found->second.empty() ? "-" : found->second;
}

std::map<std::string, std::string> standard_values() {
  std::map<std::string, std::string> values;
  for (const train::OptionRow& row : train::lora_option_rows()) values[row.name] = row.standard;
  return values;
}

void list(const std::string& folder) {
  const auto folders = train::run_folders(folder);
  fmt::print("{:<32} {:<13} {:<10} {:>8} {:>8} {:>10} {:<12} {:>10}\n", "run", "id", "kind", "steps", "loss",
             "validation", "optimizer", "rate");
  for (const auto& path : folders) {
    const train::RecordedRun run = train::read_recorded_run(path.string());
    const std::string optimizer = value_of(run, "optimizer_type");
    fmt::print("{:<32} {:<13} {:<10} {:>8} {:>8} {:>10} {:<12} {:>10}\n", path.lexically_relative(folder).string(),
               value_of(run, "run_id"), value_of(run, "kind"), run.steps_done ? std::to_string(*run.steps_done) : "-",
               or_dash(run.loss), or_dash(run.validation_loss),
               optimizer == "-" ? value_of(run, "optimizer") : optimizer, value_of(run, "learning_rate"));
  }
  if (folders.empty()) fmt::print("no runs below \"{}\"\n", folder);
}

void show(const std::string& name) {
  const train::RecordedRun run = train::read_recorded_run(name);
  const auto standard = standard_values();
  for (const auto& [option, value] : run.options) {
    const auto own = standard.find(option);
    fmt::print("{} = {}{}\n", option, value, own != standard.end() && own->second == value ? "  [default]" : "");
  }
  fmt::print("steps done {}, loss {}, validation loss {}\n", run.steps_done ? std::to_string(*run.steps_done) : "-",
             or_dash(run.loss), or_dash(run.validation_loss));
}

/// A row for each pair: what the one run made, what the other.
void write_sheet(const std::vector<train::SamplePair>& pairs, const train::RecordedRun& first,
                 const train::RecordedRun& second, const std::string& file) {
  require(
      !pairs.empty(), ErrorKind::not_found,
      "compare the samples of \"{}\" and \"{}\": there must be sample pictures of the same prompt, seed and time in "
      "both; none was found",
      first.name, second.name);
  std::vector<Image> cells;
  plot::Legends legends{.columns = {{{first.name}}, {{second.name}}}, .rows = {}};
  for (const train::SamplePair& pair : pairs) {
    cells.push_back(formats::read_picture(pair.first).image);
    cells.push_back(formats::read_picture(pair.second).image);
    legends.rows.push_back({{fmt::format("prompt {}, seed {}", pair.prompt, pair.seed)}, {pair.at}});
  }
  formats::write_picture(file, plot::grid(cells, 2, legends), {});
  fmt::print("{}\n", file);
}

void diff(const std::string& first_name, const std::string& second_name, const std::string& sheet) {
  const train::RecordedRun first = train::read_recorded_run(first_name);
  const train::RecordedRun second = train::read_recorded_run(second_name);
  const auto marked = [](const std::string& value, bool is_default) {
    return (value.empty() ? "-" : value) + (is_default ? " [default]" : "");
  };
  fmt::print("{:<36} {:<36} {}\n", "", first.name, second.name);
  for (const train::OptionDifference& one : differing_options(first, second, standard_values()))
    fmt::print("{:<36} {:<36} {}\n", one.name, marked(one.first, one.first_is_default),
               marked(one.second, one.second_is_default));
  fmt::print("{:<36} {:<36} {}\n", "loss", or_dash(first.loss), or_dash(second.loss));
  fmt::print("{:<36} {:<36} {}\n", "validation loss", or_dash(first.validation_loss), or_dash(second.validation_loss));
  const auto pairs = train::equal_samples(first_name, second_name);
  for (const train::SamplePair& pair : pairs)
    fmt::print("{:<36} {:<36} {}\n", fmt::format("sample {}, seed {}", pair.prompt, pair.seed),
               pair.first.filename().string(), pair.second.filename().string());
  if (!sheet.empty()) write_sheet(pairs, first, second, sheet);
}

}  // namespace

void add_runs(CLI::App& program) {
  CLI::App* command = program.add_subcommand("runs", "Look at trainings: list them, show one, compare two");
  command->require_subcommand(1);
  const std::string a_run =
      "A run's folder; or kohya's TOML or JSON file, a LoRA file, a command line in quotes or in a text file";
  struct Names {
    std::string first = ".", second, sheet;
  };
  auto names = std::make_shared<Names>();
  CLI::App* list_command = command->add_subcommand("list", "Runs below a folder, newest first");
  list_command->add_option("folder", names->first, "Where to look")->capture_default_str();
  list_command->callback([names] { list(names->first); });
  CLI::App* show_command = command->add_subcommand("show", "All options of a run, and how it ended");
  show_command->add_option("run", names->first, a_run)->required();
  show_command->callback([names] { show(names->first); });
  CLI::App* diff_command = command->add_subcommand("diff", "Only what differs between two runs, and how they ended");
  diff_command->add_option("first", names->first, a_run)->required();
  diff_command->add_option("second", names->second, a_run)->required();
  diff_command->add_option("--sheet", names->sheet, "Also write their sample pictures of equal seeds, side by side");
  diff_command->callback([names] { diff(names->first, names->second, names->sheet); });
}

}  // namespace darkroom::cli
