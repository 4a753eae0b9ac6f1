#include "train/run_record.h"

#include <fmt/ranges.h>

#include <map>
#include <sstream>

#include "base/error.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> lines_by_name(const std::string& record) {
  std::map<std::string, std::string> lines;
  std::istringstream in(record);
  for (std::string line; std::getline(in, line);) {
    const size_t equals = line.find(" = ");
    if (equals != line.npos) lines[line.substr(0, equals)] = line.substr(equals + 3);
  }
  return lines;
}

}  // namespace

std::vector<std::string> differences(const std::string& before, const std::string& now,
                                     bool (*may_differ)(const std::string& name)) {
  const auto old_lines = lines_by_name(before);
  auto all = lines_by_name(now);
  for (const auto& [name, value] : old_lines) all.emplace(name, "");
  std::vector<std::string> found;
  for (const auto& [name, value] : all) {
    const auto old_line = old_lines.find(name);
    const std::string old_value = old_line == old_lines.end() ? "" : old_line->second;
    if (old_value == value || may_differ(name)) continue;
    found.push_back(fmt::format("{}: {} -> {}", name, old_value.empty() ? "not said" : old_value,
                                value.empty() ? "not said" : value));
  }
  return found;
}

void require_same_run(const fs::path& file, const std::string& saved, const std::string& now,
                      bool (*may_differ)(const std::string& name)) {
  const std::vector<std::string> changed = differences(saved, now, may_differ);
  require(
      changed.empty(), ErrorKind::invalid_request,
      "resume from \"{}\": it belongs to a run with other options ({}); give another output_dir, or remove the file",
      file.string(), fmt::join(changed, "; "));
}

}  // namespace darkroom::train
