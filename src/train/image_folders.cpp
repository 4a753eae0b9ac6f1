#include "train/image_folders.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "formats/mapped_file.h"
#include "formats/utf8.h"
#include "prompt/blanks.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostRepeats = 1'000'000;
constexpr size_t kLargestCaption = size_t(1) << 20;  // bytes

std::string ending_of(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending;
}

bool is_picture(const fs::path& path) {
  return std::count(std::begin(kPictureEndings), std::end(kPictureEndings), ending_of(path)) > 0;
}

/// Pictures that other trainers read.
bool is_picture_of_others(const fs::path& path) {
  return std::set<std::string>{".bmp", ".gif", ".tif", ".tiff", ".avif", ".jxl", ".heic"}.contains(ending_of(path));
}

/// By name; not hidden ones, as the "._a.png" that a Mac leaves beside a.png.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!entry.path().filename().string().starts_with('.')) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

void warn_of_other_pictures(const fs::path& folder, const std::vector<fs::path>& entries) {
  const auto first = std::find_if(entries.begin(), entries.end(), is_picture_of_others);
  if (first == entries.end()) return;
  log_warning(
      "{} pictures in \"{}\" are left out, \"{}\" is the first: they must be .png, .jpg, .jpeg or .webp; "
      "convert them",
      std::count_if(first, entries.end(), is_picture_of_others), folder.string(), first->filename().string());
}

bool holds_pictures(const fs::path& folder) {
  const std::vector<fs::path> entries = entries_of(folder);
  return std::any_of(entries.begin(), entries.end(), is_picture);
}

/// "10_sks dog" -> 10, "sks dog"; nothing for another name.
struct FolderName {
  int64_t repeats = 1;
  std::string class_tokens;
};
std::optional<FolderName> folder_name(const fs::path& folder) {
  const std::string name = folder.filename().string();
  FolderName found;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), found.repeats);
  if (problem != std::errc() || end == name.data() + name.size() || *end != '_') return std::nullopt;
  found.class_tokens = std::string(end + 1, name.data() + name.size());
  return found;
}

std::vector<std::string> lines_of(const fs::path& file) {
  const std::string content = formats::read_text_file(file, kLargestCaption);
  std::string_view text = content;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  require(formats::is_utf8(text), ErrorKind::corrupt_file,
          "read caption \"{}\": it must be UTF-8; save it in that encoding", file.string());
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (const auto line = prompt::without_blanks_around(text.substr(0, end)); !line.empty()) lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  require(!lines.empty(), ErrorKind::corrupt_file,
          "read caption \"{}\": it must have a line of text; delete the file to caption the picture with its folder's "
          "class",
          file.string());
  return lines;
}

ImageFolder read_folder(const fs::path& path, const FolderName& name, const std::string& caption_extension) {
  ImageFolder folder{path, name.repeats, name.class_tokens, {}};
  const std::vector<fs::path> entries = entries_of(path);
  warn_of_other_pictures(path, entries);
  for (const fs::path& file : entries) {
    if (!is_picture(file) || fs::is_directory(file)) continue;
    fs::path caption = file;
    caption.replace_extension(caption_extension);
    const bool has_caption = fs::exists(caption);
    folder.pictures.push_back(
        {file, has_caption ? lines_of(caption) : std::vector<std::string>{name.class_tokens}, has_caption});
  }
  return folder;
}

}  // namespace

std::vector<ImageFolder> read_image_folders(const fs::path& root, const std::string& caption_extension) {
  require(fs::is_directory(root), ErrorKind::not_found, "read training folder \"{}\": there is no such folder",
          root.string());
  std::vector<ImageFolder> folders;
  for (const fs::path& path : entries_of(root)) {
    if (!fs::is_directory(path) || !holds_pictures(path)) continue;
    const auto name = folder_name(path);
    if (!name) {
      log_warning("\"{}\" is left out: its name must begin with how often its pictures come in an epoch, as in 10_{}",
                  path.string(), path.filename().string());
      continue;
    }
    require_repeats(path, name->repeats);
    folders.push_back(read_folder(path, *name, caption_extension));
  }
  if (holds_pictures(root) && folders.empty()) {
    const FolderName name = folder_name(root).value_or(FolderName{});
    require_repeats(root, name.repeats);
    folders.push_back(read_folder(root, name, caption_extension));
  } else if (holds_pictures(root)) {
    // Parity: as sd-scripts, where a preview beside the folders is not trained.
    log_warning("pictures of \"{}\" itself are left out: it has folders of pictures", root.string());
  }
  require(!folders.empty(), ErrorKind::not_found,
          "read training folder \"{}\": there must be pictures (.png, .jpg, .jpeg, .webp) in folders with names like "
          "\"10_name\", or in itself; none was found",
          root.string());
  return folders;
}

ImageFolder read_image_folder(const fs::path& path, int64_t repeats, const std::string& class_tokens,
                              const std::string& caption_extension) {
  require(fs::is_directory(path), ErrorKind::not_found, "read training folder \"{}\": there is no such folder",
          path.string());
  require_repeats(path, repeats);
  ImageFolder folder = read_folder(path, {repeats, class_tokens}, caption_extension);
  require(!folder.pictures.empty(), ErrorKind::not_found,
          "read training folder \"{}\": there must be pictures (.png, .jpg, .jpeg, .webp) in it; none was found",
          path.string());
  return folder;
}

void require_repeats(const fs::path& source, int64_t repeats) {
  require(repeats >= 1 && repeats <= kMostRepeats, ErrorKind::invalid_request,
          "read training pictures \"{}\": they must come 1 to {} times an epoch, {} was said", source.string(),
          kMostRepeats, repeats);
}

int64_t pictures_per_epoch(const std::vector<ImageFolder>& folders) {
  int64_t count = 0;
  for (const ImageFolder& folder : folders) count += folder.repeats * int64_t(folder.pictures.size());
  return count;
}

}  // namespace darkroom::train
