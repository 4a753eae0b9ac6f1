#include "train/caption_metadata.h"

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "formats/mapped_file.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr size_t kLargestFile = size_t(256) << 20;  // bytes

struct Said {
  std::string caption, tags;
};
using Entries = std::map<std::string, Said>;

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
  fail(ErrorKind::corrupt_file, "read captions \"{}\": {}", file.string(), what);
}

Json parsed(const fs::path& file, const std::string& text, const std::string& where) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    refuse(file, fmt::format("{}must be JSON: {}", where, error.what()));
  }
}

/// `key` of an entry, "" where it is not there.
std::string text_of(const fs::path& file, const std::string& picture, const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || found->is_null()) return "";
  if (!found->is_string()) refuse(file, fmt::format("{} of \"{}\" must be text", key, picture));
  return found->get<std::string>();
}

void add(Entries& entries, const fs::path& file, const std::string& picture, const Json& entry) {
  if (!entry.is_object()) refuse(file, fmt::format("\"{}\" must have an object with caption or tags", picture));
  entries[picture] = {text_of(file, picture, entry, "caption"), text_of(file, picture, entry, "tags")};
}

Entries entries_of(const fs::path& file) {
  const std::string text = formats::read_text_file(file, kLargestFile);
  Entries entries;
  if (file.extension() == ".jsonl") {
    std::istringstream lines(text);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
      if (line.find_first_not_of(" \t\r") == line.npos) continue;
      const std::string where = fmt::format("line {} ", number);
      const Json entry = parsed(file, line, where);
      const auto path = entry.is_object() ? entry.find("image_path") : entry.end();
      if (path == entry.end() || !path->is_string()) refuse(file, where + "must have an image_path");
      add(entries, file, path->get<std::string>(), entry);
    }
    return entries;
  }
  const Json all = parsed(file, text, "it ");
  if (!all.is_object()) refuse(file, "it must be an object with a key for each picture");
  for (const auto& [picture, entry] : all.items()) add(entries, file, picture, entry);
  return entries;
}

fs::path picture_of(const fs::path& file, const fs::path& image_dir, const std::string& name) {
  require(!name.empty() && (fs::path(name).is_absolute() || !image_dir.empty()), ErrorKind::invalid_request,
          "read captions \"{}\": the picture \"{}\" must have a whole path, or the folder of pictures be said "
          "(train_data_dir, or image_dir of a subset)",
          file.string(), name);
  const fs::path path = image_dir / name;  // an absolute name stays
  if (fs::is_regular_file(path)) return path;
  for (const char* ending : kPictureEndings)
    if (const fs::path whole = path.string() + ending; fs::is_regular_file(whole)) return whole;
  fail(ErrorKind::not_found, "read captions \"{}\": there is no picture \"{}\"", file.string(), path.string());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(" \t\r") != line.npos) lines.push_back(line);
  return lines;
}

/// One line at least, possibly "".
std::vector<std::string> caption_of(const Said& said, const CaptionRules& rules) {
  std::vector<std::string> lines = lines_of(said.caption);
  // Parity: lines to draw from each have the tags; of others the first is read, and tags stand behind the last.
  for (std::string& line : lines)
    if (!said.tags.empty() && (rules.wildcards || &line == &lines.back())) line += rules.separator + said.tags;
  if (lines.empty()) lines.push_back(said.tags);
  return lines;
}

}  // namespace

ImageFolder read_caption_metadata(const fs::path& file, const fs::path& image_dir, int64_t repeats,
                                  const CaptionRules& rules) {
  require_repeats(file, repeats);
  ImageFolder folder{image_dir.empty() ? file.parent_path() : image_dir, repeats, {}, {}};
  for (const auto& [name, said] : entries_of(file))
    folder.pictures.push_back({picture_of(file, image_dir, name), caption_of(said, rules), true});
  require(!folder.pictures.empty(), ErrorKind::not_found,
          "read captions \"{}\": it must name a picture; none was found", file.string());
  return folder;
}

}  // namespace darkroom::train
