// Training pictures: folders of folders as kohya's tools lay them out (train/image_folders.h), looked at and captioned.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "train/buckets.h"
#include "train/training_options.h"

namespace darkroom::server {

struct DatasetPicture {
  std::string name, caption;  ///< caption: the text file's content, or the folder's class
  bool has_caption_file = false;
  std::string problem;  ///< why it would be refused; empty if it would not
  train::PixelSize size;
  train::BucketPlace place;  ///< where it goes with these options; 0 x 0 where it cannot

  /// Share of its area that is cut away, 0 to 1.
  double crop_loss() const;
};

struct DatasetFolder {
  std::string name;  ///< "10_sks dog"
  int64_t repeats = 1;
  std::string class_tokens;
  std::string problem;  ///< why the trainer leaves it out
  std::vector<DatasetPicture> pictures;
};

/// The text file of a picture. Throws Error{invalid_request} for an ending that is none.
std::filesystem::path caption_file(const std::filesystem::path& picture, const std::string& extension);

/// Thread-safe. Names are those of files in the folder; whatever else is Error{not_found} or {invalid_request}.
class Datasets {
 public:
  explicit Datasets(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::vector<std::string> names() const;
  /// Folder of a dataset that is there.
  std::filesystem::path path(const std::string& dataset) const;
  /// What is in it, unreadable pictures and captions named, not thrown.
  std::vector<DatasetFolder> folders(const std::string& dataset, const train::PictureOptions& options) const;

  /// A new dataset with one folder, named kohya's way ("10_sks dog"). A dataset of this name may be there.
  void add(const std::string& dataset, const std::string& folder) const;
  /// Keeps a picture; one that is there keeps its name, the new one gets another. Its name.
  std::string add_picture(const std::string& dataset, const std::string& folder, const std::string& name,
                          std::string_view bytes) const;
  /// Writes the text file beside the picture at once and whole; an empty caption removes it.
  void set_caption(const std::string& dataset, const std::string& folder, const std::string& picture,
                   const std::string& caption, const std::string& extension) const;
  std::filesystem::path picture(const std::string& dataset, const std::string& folder,
                                const std::string& picture) const;
  /// Of any picture file, upright; remembered until the file changes. Throws Error.
  train::PixelSize size_of(const std::filesystem::path& picture) const;

 private:
  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, train::PixelSize> sizes_;  ///< by path, size and time of the file
};

}  // namespace darkroom::server
