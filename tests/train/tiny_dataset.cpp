#include "train/tiny_dataset.h"

#include <unistd.h>

#include <fstream>

#include "formats/png.h"

namespace darkroom::train {
namespace {

/// A disc of the given radius in one colour; with 4 channels the surroundings are transparent, else white.
Image disc(int channels, int radius, uint8_t red, uint8_t green, uint8_t blue) {
  Image image(32, 32, channels);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) {
      const bool inside = (x - 16) * (x - 16) + (y - 16) * (y - 16) < radius * radius;
      uint8_t* pixel = image.pixel(x, y);
      pixel[0] = inside ? red : 255, pixel[1] = inside ? green : 255, pixel[2] = inside ? blue : 255;
      if (channels == 4) pixel[3] = inside ? 255 : 0;
    }
  }
  return image;
}

constexpr const char* kManifest = R"({"size": 32, "images": [
 {"file": "a.png", "captions": ["a red disc", "red disc"], "repeats": 2, "split": "train"},
 {"file": "b.png", "captions": ["a blue disc"], "repeats": 1, "split": "train"},
 {"file": "missing.png", "captions": ["a green disc"], "split": "heldout"}],
 "cutouts": [{"file": "c.png", "split": "train"}, {"file": "d.png", "split": "train"}, {"file": "c.png", "split": "validation"}]})";

}  // namespace

TinyDataset::TinyDataset() {
  std::string pattern = (std::filesystem::temp_directory_path() / "darkroom_train_XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  formats::write_png(folder_ / "a.png", disc(3, 8, 255, 0, 0), {});
  formats::write_png(folder_ / "b.png", disc(3, 12, 0, 0, 255), {});
  formats::write_png(folder_ / "c.png", disc(4, 8, 255, 0, 0), {});
  formats::write_png(folder_ / "d.png", disc(4, 12, 0, 0, 255), {});
  add_file("manifest.json", kManifest);
  std::filesystem::copy(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15/tokenizer", folder_ / "tokenizer");
}

TinyDataset::~TinyDataset() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::filesystem::path TinyDataset::add_file(const std::string& name, const std::string& content) const {
  std::ofstream(folder_ / name) << content;
  return folder_ / name;
}

}  // namespace darkroom::train
