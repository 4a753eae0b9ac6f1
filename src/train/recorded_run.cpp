#include "train/recorded_run.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/error.h"
#include "formats/mapped_file.h"
#include "formats/safetensors.h"
#include "prompt/blanks.h"
#include "train/config.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;
using Options = std::map<std::string, std::string>;

constexpr size_t kLargestRecord = size_t(64) << 20;  // bytes: logs of long runs

/// One spelling for each value: numbers without superfluous digits, truth in lower case, nothing for None.
std::string canonical(std::string_view value) {
  value = prompt::without_blanks_around(value);
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  if (value == "None" || value == "null") return "";
  if (value == "True") return "true";
  if (value == "False") return "false";
  double number = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool is_number = problem == std::errc() && end == value.data() + value.size() && std::isfinite(number);
  return is_number ? fmt::format("{}", number) : std::string(value);
}

/// "[5e-05, 1e-05]", as Python prints a list of numbers: the numbers with blanks between. Other texts stay.
std::string without_list_marks(const std::string& value) {
  if (value.empty() || value.front() != '[') return value;
  const auto json = nlohmann::json::parse(value, nullptr, /*allow_exceptions=*/false);
  std::string text;
  for (const auto& element : json) {
    if (!element.is_number()) return value;
    text += (text.empty() ? "" : " ") + fmt::format("{}", element.get<double>());
  }
  return text;
}

/// "512" is "512,512", and so are (512, 512) and 512x512.
std::string resolution_text(std::string value) {
  std::erase_if(value, [](char c) { return c == '(' || c == ')' || c == ' '; });
  std::replace(value.begin(), value.end(), 'x', ',');
  const bool is_one = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
  return is_one ? value + "," + value : value;
}

/// {"conv_dim": "4"}, as metadata have network_args, as they are said: conv_dim=4.
std::string arguments_text(const std::string& value) {
  if (value.empty() || value.front() != '{') return value;
  const auto json = nlohmann::json::parse(value, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return value;
  std::string text;
  for (const auto& [name, argument] : json.items())
    text +=
        (text.empty() ? "" : " ") + name + "=" + (argument.is_string() ? argument.get<std::string>() : argument.dump());
  return text;
}

/// Names of kohya's GUI and of LoRA metadata, as train_network.py calls them.
std::string option_name(const std::string& name) {
  static const std::map<std::string, std::string> kNames = {{"optimizer", "optimizer_type"},
                                                            {"max_resolution", "resolution"},
                                                            {"epoch", "max_train_epochs"},
                                                            {"lr_warmup", "lr_warmup_steps"},
                                                            {"batch_size_per_device", "train_batch_size"},
                                                            {"sd_model_name", "pretrained_model_name_or_path"},
                                                            {"v_pred", "v_parameterization"},
                                                            {"debiased_estimation", "debiased_estimation_loss"},
                                                            {"lr_scheduler_num_cycle", "lr_scheduler_num_cycles"}};
  const auto found = kNames.find(name);
  return found == kNames.end() ? name : found->second;
}

void put(Options& options, const std::string& name, std::string_view value) {
  const std::string known = option_name(name);
  std::string& text = options[known] = canonical(value);
  if (known == "resolution") text = resolution_text(text);
  if (known == "network_args") text = arguments_text(text);
}

/// Of records that have an option under two names: what is off does not replace what is said.
void put_if_said(Options& options, const std::string& name, const std::string& value) {
  const std::string known = option_name(name), text = canonical(value);
  if (!options.contains(known) || (!text.empty() && text != "0")) put(options, name, value);
}

std::string list_text(const nlohmann::json& value) {
  if (!value.is_array()) return value.is_string() ? value.get<std::string>() : value.dump();
  std::string text;
  for (const auto& element : value) {
    if (!text.empty()) text += ' ';
    text += element.is_string() ? element.get<std::string>() : element.dump();
  }
  return text;
}

Options json_options(const std::string& content, const std::string& file) {
  try {
    Options options;
    const auto json = nlohmann::json::parse(content);
    for (const auto& [name, value] : json.items()) {
      if (value.is_object()) continue;
      // The GUI's own warm-up is in percent of the run.
      const bool is_percent = name == "lr_warmup" && value.is_number();
      put_if_said(options, name, is_percent ? fmt::format("{}", value.get<double>() / 100) : list_text(value));
    }
    return options;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::corrupt_file, "read run \"{}\": {}", file, error.what());
  }
}

/// "weight_decay=0.1,betas=0.9,0.99": a comma before a name ends an argument, another one is the argument's.
std::string separate_arguments(std::string text) {
  for (size_t comma = text.find(','); comma != text.npos; comma = text.find(',', comma + 1)) {
    const size_t next = text.find_first_of(",=", comma + 1);
    if (next != text.npos && text[next] == '=') text[comma] = ' ';
  }
  return text;
}

Options metadata_options(const fs::path& file) {
  constexpr std::string_view kPrefix = "ss_";
  Options options;
  const auto metadata = formats::read_safetensors(file).metadata;
  for (const auto& [name, value] : metadata)
    // ss_epoch is that of the file, not of the run.
    if (name.starts_with(kPrefix) && name != "ss_epoch")
      put(options, name.substr(kPrefix.size()), without_list_marks(value));
  require(!options.empty(), ErrorKind::corrupt_file,
          "read run \"{}\": it does not say how it was made (it has no ss_ metadata)", file.string());
  // "bitsandbytes.optim.adamw.AdamW8bit(weight_decay=0.1,eps=1e-6)"
  std::string& optimizer = options["optimizer_type"];
  const size_t bracket = std::min(optimizer.find('('), optimizer.size());
  if (bracket + 1 < optimizer.size()) {
    options["optimizer_args"] = separate_arguments(optimizer.substr(bracket + 1, optimizer.size() - bracket - 2));
  }
  optimizer = optimizer.substr(0, bracket);
  optimizer = optimizer.substr(optimizer.rfind('.') + 1);
  return options;
}

std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool is_word = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && line.substr(i + 1, 2) == "\r\n") {
      i += 2;  // a line that goes on, in a file of Windows
    } else if (c == '\\' && i + 1 < line.size()) {
      if (line[++i] != '\n') word += line[i], is_word = true;
    } else if (c == '"' || c == '\'') {
      for (is_word = true, ++i; i < line.size() && line[i] != c; ++i) {
        if (c == '"' && line[i] == '\\' && i + 1 < line.size()) ++i;
        word += line[i];
      }
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (is_word) words.push_back(std::exchange(word, ""));
      is_word = false;
    } else {
      word += c, is_word = true;
    }
  }
  if (is_word) words.push_back(word);
  return words;
}

/// A line's options over those of the file that it names: kohya's GUI says them all there.
Options with_config_file(const Options& line) {
  const auto said = line.find("config_file");
  if (said == line.end()) return line;
  std::error_code no_path;
  const fs::path file = said->second.ends_with(".toml") ? said->second : said->second + ".toml";
  if (!fs::exists(file, no_path)) return line;
  Options all;
  for (const auto& [name, value] : toml_options(file)) put(all, name, value);
  for (const auto& [name, value] : line) all[name] = value;
  return all;
}

/// The end of a run's log.csv: the mean loss of its last tenth, and the last validation loss.
void read_log(const fs::path& file, RecordedRun& run) {
  if (!fs::exists(file)) return;
  std::istringstream log(formats::read_text_file(file, kLargestRecord));
  std::vector<double> losses;
  for (std::string line; std::getline(log, line);) {
    std::istringstream row(line);
    std::string step, seconds, name, value;
    std::getline(row, step, ','), std::getline(row, seconds, ','), std::getline(row, name, ','),
        std::getline(row, value);
    double number = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc()) continue;
    int64_t steps = 0;
    std::from_chars(step.data(), step.data() + step.size(), steps);
    run.steps_done = std::max(run.steps_done.value_or(0), steps);
    if (name == "loss") losses.push_back(number);
    if (name == "validation_loss") run.validation_loss = number;
  }
  if (losses.empty()) return;
  const size_t count = std::max<size_t>(1, losses.size() / 10);
  double sum = 0;
  for (size_t i = losses.size() - count; i < losses.size(); ++i) sum += losses[i];
  run.loss = sum / double(count);
}

/// Where files lie says nothing about how a run trains.
bool is_place(const std::string& name) {
  static const std::set<std::string> kPlaces = {
      "output_dir",  "output_name", "logging_dir",         "log_prefix",           "sample_prompts", "kind",
      "config_file", "session_id",  "training_started_at", "training_finished_at", "sd_model_hash"};
  return kPlaces.contains(name);
}

}  // namespace

std::map<std::string, std::string> command_line_options(std::string_view line) {
  Options options;
  std::string name;
  bool has_script = false;
  for (const std::string& word : shell_words(line)) {
    if (word.ends_with(".py") && !has_script) {
      // What stands before it is said to who starts it.
      has_script = true;
      options.clear(), name.clear();
    } else if (word.starts_with("--")) {
      const size_t equals = std::min(word.find('='), word.size());
      name = word.substr(2, equals - 2);
      put(options, name, equals < word.size() ? word.substr(equals + 1) : "true");
      if (equals < word.size()) name.clear();
    } else if (!name.empty()) {
      std::string& value = options[option_name(name)];
      value = value == "true" ? canonical(word) : value + " " + canonical(word);
      if (option_name(name) == "resolution") value = resolution_text(value);
    }
  }
  return options;
}

RecordedRun read_recorded_run(const std::string& text) {
  RecordedRun run;
  const fs::path path(text);
  std::error_code no_path;  // a line may be too long for one
  const bool exists = fs::exists(path, no_path);
  if (text.find("--") != text.npos && text.find(' ') != text.npos && !exists) {
    run.name = "command line";
    run.options = with_config_file(command_line_options(text));
    return run;
  }
  require(exists, ErrorKind::not_found,
          "read run \"{}\": there is no such folder or file; a run's folder, kohya's TOML or JSON, a LoRA file or a "
          "command line is needed",
          text);
  run.name = path.filename().empty() ? path.parent_path().filename().string() : path.filename().string();
  if (fs::is_directory(path)) {
    const fs::path record = fs::exists(path / "run.toml") ? path / "run.toml" : path / "options.toml";
    for (const auto& [name, value] : toml_options(record)) put(run.options, name, value);
    read_log(path / "log.csv", run);
  } else if (path.extension() == ".safetensors") {
    run.options = metadata_options(path);
    run.is_partial = true;
  } else if (path.extension() == ".toml") {
    for (const auto& [name, value] : toml_options(path)) put(run.options, name, value);
  } else {
    const std::string content = formats::read_text_file(path, kLargestRecord);
    run.options =
        path.extension() == ".json" ? json_options(content, text) : with_config_file(command_line_options(content));
    require(!run.options.empty(), ErrorKind::corrupt_file, "read run \"{}\": there are no options in it", text);
  }
  return run;
}

std::vector<fs::path> run_folders(const fs::path& folder) {
  require(fs::is_directory(folder), ErrorKind::not_found, "list runs: there is no folder \"{}\"", folder.string());
  std::vector<fs::path> found;
  const auto options = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator(folder, options))
    if (entry.path().filename() == "options.toml") found.push_back(entry.path().parent_path());
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return fs::last_write_time(a / "options.toml") > fs::last_write_time(b / "options.toml");
  });
  return found;
}

std::vector<OptionDifference> differing_options(const RecordedRun& first, const RecordedRun& second,
                                                const Options& standard) {
  std::set<std::string> names;
  for (const auto* run : {&first, &second})
    for (const auto& [name, value] : run->options)
      if (!is_place(name)) names.insert(name);
  std::vector<OptionDifference> found;
  for (const std::string& name : names) {
    // What a file's metadata does not say was not recorded, and what only it says is no option.
    const bool says_first = first.options.contains(name), says_second = second.options.contains(name);
    if ((first.is_partial && !says_first) || (second.is_partial && !says_second)) continue;
    if ((first.is_partial || second.is_partial) && !(says_first && says_second) && !standard.contains(name)) continue;
    OptionDifference difference{.name = name};
    const bool is_partial = first.is_partial || second.is_partial;
    const auto take = [&](const RecordedRun& run, std::string& value, bool& is_default) {
      const auto said = run.options.find(name);
      const auto own = standard.find(name);
      const std::string own_value = own == standard.end() ? "" : canonical(own->second);
      // A file says None for what is off, and of paths the last name.
      const bool is_said = said != run.options.end() && !(is_partial && said->second.empty());
      value = is_said ? said->second : own_value;
      if (is_partial) value = value.substr(value.rfind('/') + 1);
      is_default = own != standard.end() && value == own_value;
    };
    take(first, difference.first, difference.first_is_default);
    take(second, difference.second, difference.second_is_default);
    if (difference.first != difference.second) found.push_back(std::move(difference));
  }
  return found;
}

}  // namespace darkroom::train
