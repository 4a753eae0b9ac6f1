#include "generate/lora_folder.h"

#include <gtest/gtest.h>

#include "formats/safetensors.h"
#include "formats/support.h"
#include "generate/model_hash.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;
using formats::put;
using formats::TemporaryFolder;

void put_named(const std::filesystem::path& path, const std::string& own_name) {
  std::filesystem::create_directories(path.parent_path());
  formats::write_safetensors(path, {}, {{"ss_output_name", own_name}});
}

TEST(LoraFolder, FollowsA1111sLayout) {
  EXPECT_EQ(lora_folder({}), "models/Lora");
  EXPECT_EQ(lora_folder({.model = "m.safetensors"}), "models/Lora");
  EXPECT_EQ(lora_folder({.model = "/a/models/Stable-diffusion/sub/m.ckpt"}), "/a/models/Lora");
  EXPECT_EQ(lora_folder({.model = "/a/models/Stable-diffusion/m.ckpt", .lora_dir = "/b"}), "/b");
}

TEST(LoraFolder, StemsCountBeforeNamesInMetadata) {
  const TemporaryFolder folder;
  put_named(folder / "sub/deeper/one.safetensors", "first");
  put_named(folder / "two.safetensors", "one");
  put(folder / "three.pt", "");
  put(folder / "notes.txt", "");
  EXPECT_EQ(find_lora(folder.path(), "one"), folder / "sub/deeper/one.safetensors");
  EXPECT_EQ(find_lora(folder.path(), "first"), folder / "sub/deeper/one.safetensors");
  EXPECT_EQ(find_lora(folder.path(), "three"), folder / "three.pt");
  expect_error(ErrorKind::not_found, "there is none of this name; the nearest are \"two\"",
               [&] { find_lora(folder.path(), "tw0"); });
  expect_error(ErrorKind::not_found, "none of this name", [&] { find_lora(folder.path(), "notes"); });
}

TEST(LoraFolder, SharedNames) {
  const TemporaryFolder folder;
  put_named(folder / "a10/same.safetensors", "alias");
  put_named(folder / "a9/same.safetensors", "alias");
  EXPECT_EQ(find_lora(folder.path(), "same"), folder / "a10/same.safetensors");  // 9 comes before 10
  expect_error(ErrorKind::not_found, "two files have this name in their metadata",
               [&] { find_lora(folder.path(), "alias"); });
}

TEST(LoraFolder, MissingAndEmptyFoldersAreNamed) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::not_found, "the folder holds no .safetensors, .pt or .ckpt file",
               [&] { find_lora(folder.path(), "x"); });
  expect_error(ErrorKind::not_found, "there is no such folder; give one with --lora-dir",
               [&] { find_lora(folder / "none", "x"); });
}

TEST(AdapterHash, IsStatedOrOfTheDataBehindTheHeader) {
  const TemporaryFolder folder;
  put(folder / "a.safetensors", formats::raw<uint64_t>(3) + "abcdata");
  put(folder / "a.pt", "data");
  EXPECT_EQ(adapter_hash(folder / "a.pt", {}), "3a6eb0790f39");  // sha256("data")
  EXPECT_EQ(adapter_hash(folder / "a.safetensors", {}), "3a6eb0790f39");
  EXPECT_EQ(adapter_hash(folder / "a.pt", {{"sshs_model_hash", "0123456789abcdef"}}), "0123456789ab");
  expect_error(ErrorKind::io, "none.safetensors", [&] { adapter_hash(folder / "none.safetensors", {}); });
}

}  // namespace
}  // namespace darkroom::generate
