#include "generate/model_hash.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::generate {
namespace {

using formats::put;
using formats::TemporaryFolder;

TEST(ModelHash, IsTheFilesSha256) {
  TemporaryFolder folder;
  put(folder / "a.safetensors", "abc");  // FIPS 180-2, example B.1
  put(folder / "empty.ckpt", "");
  EXPECT_EQ(model_hash(folder / "a.safetensors"), "ba7816bf8f");
  EXPECT_EQ(model_hash(folder / "empty.ckpt"), "e3b0c44298");
}

TEST(ModelHash, OfAFolderCoversItsWeightsInOrder) {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder / "vae");
  std::filesystem::create_directories(folder / "unet");
  put(folder / "vae/v.bin", "c");
  put(folder / "unet/u.safetensors", "ab");
  put(folder / "model_index.json", "{}");
  EXPECT_EQ(model_hash(folder.path()), "ba7816bf8f");
}

TEST(ModelHash, MissingFile) {
  formats::expect_error(ErrorKind::io, "no-such-file", [] { model_hash("no-such-file.ckpt"); });
}

}  // namespace
}  // namespace darkroom::generate
