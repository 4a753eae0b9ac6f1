#include "server/training/datasets.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <system_error>
#include <tuple>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/mapped_file.h"
#include "formats/picture_file.h"
#include "formats/utf8.h"
#include "server/training/own_names.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestCaption = size_t(64) << 10;
constexpr size_t kLargestPicture = size_t(100) << 20;
constexpr size_t kMostSizes = 200000;

bool is_picture_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".webp";
}

/// By name, those a request could name too.
std::vector<fs::path> entries_in(const fs::path& folder, bool wants_folders) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.is_directory(ignored) == wants_folders && is_plain_name(entry.path().filename().string()))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// "10_sks dog": 10 and "sks dog".
std::optional<std::pair<int64_t, std::string>> repeats_and_class(const std::string& name) {
  int64_t repeats = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), repeats);
  if (problem != std::errc() || end == name.data() + name.size() || *end != '_' || repeats < 1) return std::nullopt;
  return std::pair(repeats, std::string(end + 1, name.data() + name.size()));
}

/// Caption files are UTF-8 with at least one line of text.
void read_caption(const fs::path& file, DatasetPicture& picture) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  picture.has_caption_file = true;
  try {
    const std::string text = formats::read_text_file(file, kLargestCaption);
    picture.caption = formats::as_valid_utf8(text);
    while (!picture.caption.empty() && (picture.caption.back() == '\n' || picture.caption.back() == '\r'))
      picture.caption.pop_back();
    if (!formats::is_utf8(text)) picture.problem = "the caption is not UTF-8";
    if (picture.caption.find_first_not_of(" \t\r\n") == std::string::npos)
      picture.problem = "the caption file is empty";
  } catch (const Error& error) {
    picture.problem = error.what();
  }
}

}  // namespace

fs::path caption_file(const fs::path& picture, const std::string& extension) {
  require(extension.starts_with('.') && is_plain_name("a" + extension), ErrorKind::invalid_request,
          "caption_extension must be an ending as .txt, {} was given", formats::in_quotes(extension));
  return fs::path(picture).replace_extension(extension);
}

double DatasetPicture::crop_loss() const {
  const double all = double(place.resized.width) * place.resized.height;
  return all > 0 ? 1 - double(place.bucket.width) * place.bucket.height / all : 0;
}

std::vector<std::string> Datasets::names() const {
  std::vector<std::string> found;
  for (const fs::path& path : entries_in(folder_, /*wants_folders=*/true)) found.push_back(path.filename().string());
  return found;
}

fs::path Datasets::path(const std::string& dataset) const {
  const fs::path path = own_path(folder_, {dataset}, "dataset");
  require(fs::is_directory(path), ErrorKind::not_found, "there is no dataset {}", formats::in_quotes(dataset));
  return path;
}

train::PixelSize Datasets::size_of(const fs::path& picture) const {
  const std::string key = fmt::format("{}|{}|{}", picture.string(), fs::file_size(picture),
                                      fs::last_write_time(picture).time_since_epoch().count());
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = sizes_.find(key); known != sizes_.end()) return known->second;
  }
  const Image image = formats::read_picture(picture).image;
  const std::lock_guard lock(mutex_);
  if (sizes_.size() > kMostSizes) sizes_.clear();
  return sizes_[key] = {image.width, image.height};
}

std::vector<DatasetFolder> Datasets::folders(const std::string& dataset, const train::PictureOptions& options) const {
  const fs::path root = path(dataset);
  const bool chooses = options.enable_bucket && !options.buckets.no_upscale;
  const std::vector<train::PixelSize> buckets = chooses                 ? train::bucket_sizes(options.buckets)
                                                : options.enable_bucket ? std::vector<train::PixelSize>{}
                                                                        : std::vector{options.buckets.resolution};
  train::BucketOptions placing = options.buckets;
  if (!options.enable_bucket) placing = {.resolution = options.buckets.resolution};
  std::vector<DatasetFolder> found;
  for (const fs::path& path : entries_in(root, /*wants_folders=*/true)) {
    DatasetFolder folder{.name = path.filename().string()};
    if (const auto said = repeats_and_class(folder.name))
      std::tie(folder.repeats, folder.class_tokens) = *said;
    else
      folder.problem = "its name must begin with how often its pictures come in an epoch, as in 10_" + folder.name;
    for (const fs::path& file : entries_in(path, /*wants_folders=*/false)) {
      if (!is_picture_name(file)) continue;
      DatasetPicture picture{.name = file.filename().string(), .caption = folder.class_tokens};
      read_caption(caption_file(file, options.caption_extension), picture);
      try {
        picture.size = size_of(file);
        picture.place = train::place_in_bucket(picture.size, placing, buckets);
      } catch (const std::exception& error) {
        picture.problem = error.what();
      }
      folder.pictures.push_back(std::move(picture));
    }
    found.push_back(std::move(folder));
  }
  return found;
}

void Datasets::add(const std::string& dataset, const std::string& folder) const {
  require(is_plain_name(dataset), ErrorKind::invalid_request, "add a dataset: {} cannot be a name",
          formats::in_quotes(dataset));
  require(
      is_plain_name(folder) && repeats_and_class(folder).has_value(), ErrorKind::invalid_request,
      "add a folder: its name must begin with how often its pictures come in an epoch, as in \"10_sks dog\"; {} was "
      "given",
      formats::in_quotes(folder));
  std::error_code problem;
  fs::create_directories(folder_, problem);
  if (!problem && fs::exists(folder_ / dataset)) path(dataset);  // not through a link to elsewhere
  fs::create_directories(folder_ / dataset / folder, problem);
  require(!problem, ErrorKind::io, "add the folder {}: {}", (folder_ / dataset / folder).string(), problem.message());
}

std::string Datasets::add_picture(const std::string& dataset, const std::string& folder, const std::string& name,
                                  std::string_view bytes) const {
  const fs::path into = own_path(folder_, {dataset, folder}, "folder");
  require(fs::is_directory(into), ErrorKind::not_found, "there is no folder {}", formats::in_quotes(folder));
  require(is_plain_name(name) && is_picture_name(name), ErrorKind::invalid_request,
          "add a picture: its name must end with .png, .jpg, .jpeg or .webp; {} was given", formats::in_quotes(name));
  require(bytes.size() <= kLargestPicture, ErrorKind::invalid_request, "add {}: at most {} bytes are taken, it has {}",
          formats::in_quotes(name), kLargestPicture, bytes.size());
  try {
    formats::read_picture_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())));
  } catch (const Error& error) {
    throw Error(ErrorKind::invalid_request, fmt::format("add {}: {}", formats::in_quotes(name), error.what()));
  }
  const fs::path wanted(name);
  fs::path path = into / wanted;
  for (int i = 2; fs::exists(path); ++i)
    path = into / fmt::format("{}-{}{}", wanted.stem().string(), i, wanted.extension().string());
  formats::write_file(path, bytes);
  return path.filename().string();
}

fs::path Datasets::picture(const std::string& dataset, const std::string& folder, const std::string& name) const {
  const fs::path path = own_path(folder_, {dataset, folder, name}, "picture");
  require(is_picture_name(path) && fs::is_regular_file(path), ErrorKind::not_found, "there is no picture {}",
          formats::in_quotes(name));
  return path;
}

void Datasets::set_caption(const std::string& dataset, const std::string& folder, const std::string& name,
                           const std::string& caption, const std::string& extension) const {
  const fs::path file = caption_file(picture(dataset, folder, name), extension);
  require(caption.size() <= kLargestCaption && formats::is_utf8(caption) && caption.find('\0') == std::string::npos,
          ErrorKind::invalid_request, "caption {}: at most {} bytes of UTF-8 are taken", formats::in_quotes(name),
          kLargestCaption);
  std::error_code problem;
  // What a caption file links to is somebody's choice of before; over the network nothing is written through it.
  if (fs::is_symlink(file, problem)) own_path(folder_, {dataset, folder, file.filename().string()}, "caption");
  if (caption.find_first_not_of(" \t\r\n") == std::string::npos) {
    fs::remove(file, problem);
    require(!problem, ErrorKind::io, "remove the caption of {}: {}", formats::in_quotes(name), problem.message());
    return;
  }
  formats::write_file(file, caption + "\n");
}

}  // namespace darkroom::server
