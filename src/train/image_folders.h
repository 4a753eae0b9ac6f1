// Training folders as kohya's tools lay them out: root/10_name class/picture.png with picture.txt beside it; the number
// says how often each picture comes in an epoch. Source of truth: sd-scripts, library/train_util.py DreamBoothDataset,
// library/config_util.py.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace darkroom::train {

/// Endings of pictures that are trained, in lower case.
inline constexpr const char* kPictureEndings[] = {".png", ".jpg", ".jpeg", ".webp"};

struct FolderPicture {
  std::filesystem::path file;
  std::vector<std::string> caption;  ///< the caption file's lines that are not blank; of a picture without one, the
                                     ///< folder's class; at least one, possibly ""
  bool has_caption_file = false;
};

struct ImageFolder {
  std::filesystem::path path;
  int64_t repeats = 1;
  std::string class_tokens;             ///< what stands behind the number: "10_sks dog" is "sks dog"
  std::vector<FolderPicture> pictures;  ///< .png .jpg .jpeg .webp, by name; not those of folders below
};

/// Every folder in `root` whose name begins with a number and "_", by name; others that hold pictures are logged and
/// left out. Without any, `root` may be such a folder itself, or hold the pictures: then they come once each. Hidden
/// files are none, and pictures of other formats are logged. `caption_extension`: ".txt". Throws Error: not_found for
/// no such folder or no picture in it, saying what was looked for; corrupt_file for a caption that is not UTF-8 or has
/// no line; invalid_request for repeats out of range.
std::vector<ImageFolder> read_image_folders(const std::filesystem::path& root, const std::string& caption_extension);

/// One folder, whatever its name. Throws as above; no pictures is not_found.
ImageFolder read_image_folder(const std::filesystem::path& path, int64_t repeats, const std::string& class_tokens,
                              const std::string& caption_extension);

/// Throws Error{invalid_request} naming `source` unless its pictures may come so often an epoch: 1 to a million times.
void require_repeats(const std::filesystem::path& source, int64_t repeats);

/// Pictures of an epoch: each as often as its folder says.
int64_t pictures_per_epoch(const std::vector<ImageFolder>& folders);

}  // namespace darkroom::train
