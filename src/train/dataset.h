// What a training folder holds: manifest.json and the pictures it names. The format: tools/emoji/README.md.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "imaging/image.h"

namespace darkroom::train {

struct CaptionedPicture {
  std::filesystem::path file;
  std::vector<std::string> captions;  ///< one of them is picked at random at every use
  int64_t repeats = 1;                ///< times per epoch
};

struct Cutout {
  std::filesystem::path file;  ///< RGBA
  bool is_validation = false;  ///< never trained
};

struct Dataset {
  int64_t size = 0;                        ///< pixels per side of every picture
  std::vector<CaptionedPicture> pictures;  ///< those of split "train"
  std::vector<Cutout> cutouts;
};

/// Reads folder/manifest.json. Throws Error{not_found, corrupt_file} naming the file and the entry.
Dataset read_dataset(const std::filesystem::path& folder);

/// A picture of the dataset with the given number of channels and size. Throws Error naming the file otherwise.
Image read_picture(const std::filesystem::path& file, int64_t size, int channels);

}  // namespace darkroom::train
