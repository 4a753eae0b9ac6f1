// A dataset of a few 32x32 pictures in a fresh folder that disappears with the object.
#pragma once

#include <filesystem>
#include <string>

namespace darkroom::train {

class TinyDataset {
 public:
  TinyDataset();
  ~TinyDataset();
  TinyDataset(const TinyDataset&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  /// Writes a file into the folder and returns its path.
  std::filesystem::path add_file(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace darkroom::train
