#include "server/lora_previews.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "formats/picture_file.h"
#include "formats/support.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

/// A folder with "ink.safetensors", and one beside it that is nobody's business.
struct Shelf {
  formats::TemporaryFolder folder;
  fs::path lora;
  Shelf() {
    fs::create_directories(folder / "Lora");
    fs::create_directories(folder / "secret");
    lora = folder / "Lora" / "ink.safetensors";
    std::ofstream(lora) << "x";
    std::ofstream(folder / "secret" / "key.png") << "secret";
  }
  fs::path put(const std::string& name) const {
    std::ofstream(folder / "Lora" / name) << "x";
    return folder / "Lora" / name;
  }
};

Image grey(int side, uint8_t value) {
  Image image(side, side, 1);
  std::fill(image.pixels.begin(), image.pixels.end(), value);
  return image;
}

TEST(LoraPreviews, AreTheFirstPictureOfTheName) {
  const Shelf shelf;
  EXPECT_EQ(preview_of(shelf.lora), "");
  shelf.put("inks.png"), shelf.put("ink.txt"), shelf.put("ink.gif");
  EXPECT_EQ(preview_of(shelf.lora), "");
  const fs::path webp = shelf.put("ink.webp");
  EXPECT_TRUE(fs::equivalent(preview_of(shelf.lora), webp));
  const fs::path png = shelf.put("ink.png");
  EXPECT_TRUE(fs::equivalent(preview_of(shelf.lora), png));
  const fs::path own = shelf.put("ink.preview.png");
  EXPECT_TRUE(fs::equivalent(preview_of(shelf.lora), own));
}

TEST(LoraPreviews, DoNotLeaveTheFolder) {
  const Shelf shelf;
  fs::create_symlink(shelf.folder / "secret" / "key.png", shelf.folder / "Lora" / "ink.png");
  EXPECT_EQ(preview_of(shelf.lora), "");
  fs::create_directory(shelf.folder / "Lora" / "ink.jpg");
  EXPECT_EQ(preview_of(shelf.lora), "") << "no file";
  const fs::path webp = shelf.put("ink.webp");
  EXPECT_TRUE(fs::equivalent(preview_of(shelf.lora), webp)) << "the next that is one";
}

TEST(LoraPreviews, AreNoFilmsOfGigabytes) {
  const Shelf shelf;
  fs::resize_file(shelf.put("ink.png"), (32u << 20) + 1);
  EXPECT_EQ(preview_of(shelf.lora), "");
}

TEST(LoraPreviews, KeepWhatSomebodyElsePutThere) {
  const Shelf shelf;
  keep_preview(shelf.lora, grey(4, 10), "a recipe");
  keep_preview(shelf.lora, grey(4, 20), "another");
  keep_preview(shelf.lora, grey(4, 30), "the last");
  EXPECT_EQ(formats::read_picture(preview_of(shelf.lora)).image.pixels.front(), 30);
  EXPECT_EQ(formats::read_picture(preview_of(shelf.lora)).texts.at("parameters"), "the last");
  EXPECT_EQ(formats::read_picture(shelf.folder / "Lora" / "ink.preview.before.png").image.pixels.front(), 10);
  EXPECT_THROW(keep_preview(shelf.folder / "nowhere" / "a.safetensors", grey(4, 1), ""), Error);
}

}  // namespace
}  // namespace darkroom::server
