#include "server/training/runs.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/mapped_file.h"
#include "formats/utf8.h"
#include "jobs/job.h"
#include "server/training/own_names.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kLargestDraft = size_t(1) << 20;
constexpr size_t kLargestLog = size_t(64) << 20;

std::string text_of(const json& value, const char* name) {
  return value.contains(name) ? value.at(name).get<std::string>() : "";
}

json draft_json(const RunDraft& draft) {
  return {{"options", draft.options}, {"dataset", draft.dataset}, {"regularisation", draft.regularisation},
          {"prompts", draft.prompts}, {"note", draft.note},       {"job", draft.job},
          {"created", draft.created}};
}

RunDraft read_draft(const fs::path& file) {
  try {
    const json read = json::parse(formats::read_text_file(file, kLargestDraft));
    return {.options = read.at("options").get<train::ToldOptions>(),
            .dataset = text_of(read, "dataset"),
            .regularisation = text_of(read, "regularisation"),
            .prompts = text_of(read, "prompts"),
            .note = text_of(read, "note"),
            .job = text_of(read, "job"),
            .created = read.value("created", 0.0)};
  } catch (const json::exception& error) {
    fail(ErrorKind::corrupt_file, "read draft {}: {}", formats::in_quotes(file.string()), error.what());
  }
}

bool is_run_name(const std::string& name) {
  return jobs::is_job_id(name) && name.front() != '.';
}

/// The next field of a row, up to a comma.
std::string_view next_field(std::string_view& row) {
  const size_t comma = std::min(row.find(','), row.size());
  const std::string_view field = row.substr(0, comma);
  row.remove_prefix(std::min(comma + 1, row.size()));
  return field;
}

/// The last line may still be written: it is left out until it ends.
template <typename Take>
void for_each_row(std::string_view text, const Take& take) {
  std::string_view rest = text.substr(0, text.rfind('\n') + 1);
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    take(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

}  // namespace

std::vector<std::string> Runs::names() const {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory(ignored) || !is_run_name(name)) continue;
    for (const char* file : {"draft.json", "options.toml"}) {
      if (!fs::exists(entry.path() / file, ignored)) continue;
      found.emplace_back(fs::last_write_time(entry.path() / file, ignored), name);
      break;
    }
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> names;
  for (auto& [time, name] : found) names.push_back(std::move(name));
  return names;
}

fs::path Runs::path(const std::string& run) const {
  require(is_run_name(run), ErrorKind::not_found, "there is no run {}", formats::in_quotes(run));
  return own_path(folder_, {run}, "run");
}

void Runs::add(const std::string& run, const RunDraft& draft) const {
  require(is_run_name(run), ErrorKind::invalid_request,
          "add a run: its name must be 1 to 64 letters, digits and - _ . ( ), and not begin with a dot; {} was given",
          formats::in_quotes(run));
  std::error_code problem;
  fs::create_directories(folder_, problem);
  const bool is_new = fs::create_directory(folder_ / run, problem);
  require(!problem, ErrorKind::io, "add the folder {}: {}", (folder_ / run).string(), problem.message());
  require(is_new, ErrorKind::invalid_request, "add a run: there is one called {}; take another name",
          formats::in_quotes(run));
  save(run, draft);
}

RunDraft Runs::draft(const std::string& run) const {
  const fs::path file = path(run) / "draft.json";
  if (fs::exists(file)) return read_draft(file);
  RunDraft draft;
  const auto found = recorded(run);
  if (!found) return draft;
  for (const train::OptionRow& row : train::lora_option_rows()) {
    const auto said = found->options.find(row.name);
    if (row.type != std::string_view("path") && said != found->options.end() && said->second != row.standard)
      draft.options[row.name] = {said->second};
  }
  return draft;
}

void Runs::save(const std::string& run, const RunDraft& draft) const {
  const std::string text = draft_json(draft).dump(1, ' ', false, json::error_handler_t::replace);
  require(text.size() <= kLargestDraft, ErrorKind::invalid_request, "save the draft {}: at most {} bytes are kept", run,
          kLargestDraft);
  const std::lock_guard lock(mutex_);
  formats::write_file(path(run) / "draft.json", text);
}

std::optional<train::RecordedRun> Runs::recorded(const std::string& name) const {
  const fs::path record = record_path(name);
  train::RecordedRun run;
  if (fs::exists(record)) {
    run = train::read_recorded_run(record.string());
  } else {
    const fs::path folder = path(name);
    if (!fs::exists(folder / "options.toml")) return std::nullopt;
    run = train::read_recorded_run(folder.string());
  }
  run.name = name;
  return run;
}

std::map<std::string, RunSeries> Runs::series(const std::string& run, int64_t after) const {
  std::map<std::string, RunSeries> found;
  const fs::path file = path(run) / "log.csv";
  if (!fs::exists(file)) return found;
  const std::string log = formats::read_text_file(file, kLargestLog);
  for_each_row(log, [&](std::string_view row) {
    int64_t step = 0;
    double value = 0;
    if (!read_number(next_field(row), step) || step <= after) return;
    next_field(row);  // seconds
    const std::string name(next_field(row));
    if (!read_number(row, value)) return;
    found[name].steps.push_back(step);
    found[name].values.push_back(value);
  });
  return found;
}

std::vector<RunEvent> Runs::events(const std::string& run, size_t most) const {
  std::vector<RunEvent> found;
  const fs::path file = path(run) / "events.csv";
  if (!fs::exists(file)) return found;
  for_each_row(formats::read_text_file(file, kLargestLog), [&](std::string_view row) {
    RunEvent one;
    if (!read_number(next_field(row), one.time) || !read_number(next_field(row), one.step)) return;
    one.kind = next_field(row);
    one.words = formats::as_valid_utf8(row);
    found.push_back(std::move(one));
  });
  if (found.size() > most) found.erase(found.begin(), found.end() - ptrdiff_t(most));
  return found;
}

std::vector<RunSample> Runs::samples(const std::string& run) const {
  std::vector<RunSample> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path(run) / "sample", ignored)) {
    const fs::path& file = entry.path();
    if (file.extension() != ".png" || !is_plain_name(file.filename().string())) continue;
    // <output_name>_<label>_<prompt>_<seed>
    RunSample sample{.file = file.filename().string()};
    std::string stem = file.stem().string();
    const auto last_part = [&stem] {
      const size_t line = stem.rfind('_');
      const std::string part = line == std::string::npos ? stem : stem.substr(line + 1);
      stem.erase(std::min(line, stem.size()));
      return part;
    };
    if (!read_number(last_part(), sample.seed) || !read_number(last_part(), sample.prompt)) continue;
    sample.label = last_part();
    found.push_back(std::move(sample));
  }
  std::sort(found.begin(), found.end(), [](const RunSample& a, const RunSample& b) {
    return std::pair(a.label, a.prompt) < std::pair(b.label, b.prompt);  // "last" comes last
  });
  return found;
}

fs::path Runs::sample_file(const std::string& run, const std::string& file) const {
  require(is_run_name(run), ErrorKind::not_found, "there is no run {}", formats::in_quotes(run));
  const fs::path path = own_path(folder_, {run, "sample", file}, "sample picture");
  require(path.extension() == ".png" && fs::is_regular_file(path), ErrorKind::not_found,
          "there is no sample picture {}", formats::in_quotes(file));
  return path;
}

std::vector<fs::path> Runs::lora_files(const std::string& run) const {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path(run), ignored)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".safetensors" && is_plain_name(name) && !name.starts_with("state."))
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    std::error_code none;
    return fs::last_write_time(a, none) > fs::last_write_time(b, none);
  });
  return found;
}

fs::path Runs::record_path(const std::string& name) const {
  require(is_plain_name(name), ErrorKind::not_found, "there is no run {}", formats::in_quotes(name));
  return folder_ / ".records" / (name + ".json");
}

std::vector<std::string> Runs::record_names() const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_ / ".records", ignored))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

void Runs::add_record(const std::string& name, std::string_view content) const {
  require(is_plain_name(name), ErrorKind::invalid_request, "read a run: {} cannot be a name", formats::in_quotes(name));
  const std::string extension = fs::path(name).extension().string();
  train::RecordedRun run;
  if (extension == ".safetensors" || extension == ".toml" || extension == ".json") {
    fs::create_directories(folder_ / ".records");
    const fs::path file = folder_ / ".records" / ("." + jobs::drawn_id() + extension);
    formats::write_file(file, content);
    try {
      run = train::read_recorded_run(file.string());
    } catch (const Error& error) {
      fs::remove(file);
      std::string why = error.what();
      if (const size_t at = why.find(file.string()); at != std::string::npos)
        why.replace(at, file.string().size(), name);
      throw Error(ErrorKind::invalid_request, why);
    }
    fs::remove(file);
  } else {
    run.options = train::command_line_options(content);
  }
  require(!run.options.empty(), ErrorKind::invalid_request,
          "read {}: there are no options in it; a LoRA file, kohya's JSON or TOML, or a command line is needed",
          formats::in_quotes(name));
  fs::create_directories(folder_ / ".records");
  formats::write_file(record_path(name), json(run.options).dump(1, ' ', false, json::error_handler_t::replace));
}

void Runs::remove_record(const std::string& name) const {
  const fs::path path = record_path(name);
  require(fs::exists(path), ErrorKind::not_found, "there is no record {}", formats::in_quotes(name));
  fs::remove(path);
}

}  // namespace darkroom::server
