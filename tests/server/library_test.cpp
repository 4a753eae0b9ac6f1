#include "server/library.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "formats/support.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

struct Folders {
  formats::TemporaryFolder folder;
  Folders() {
    for (const char* name : {"Stable-diffusion/sub", "Lora", "VAE"}) fs::create_directories(folder / name);
    const fs::path emoji = fs::path(DARKROOM_SOURCE_DIR) / "models" / "emoji";
    fs::copy(emoji, folder / "Stable-diffusion" / "small", fs::copy_options::recursive);
    fs::copy(fs::path(DARKROOM_SOURCE_DIR) / "models" / "Lora" / "ink.safetensors",
             folder / "Lora" / "mine.safetensors");
    std::ofstream(folder / "Stable-diffusion" / "sub" / "cut.safetensors") << "nonsense";
    std::ofstream(folder / "VAE" / "good.safetensors") << "x";
  }
  Library library() { return Library(LibraryFolders::below(folder.path())); }
};

std::string hash_when_ready(const Library& library, const std::string& name) {
  for (int i = 0; i < 1000; ++i) {
    const ModelFile model = library.model_named(name);
    if (!model.hash.empty()) return model.hash;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "";
}

TEST(Library, FindsWhatIsThere) {
  Folders folders;
  Library library(LibraryFolders::below(folders.folder.path()));
  const auto models = library.models();
  ASSERT_EQ(models.size(), 3u);
  EXPECT_TRUE(models[0].is_built_in);
  EXPECT_EQ(models[0].name, "emoji");
  EXPECT_EQ(models[1].name, "small") << "a folder of a model is one model, not its files";
  EXPECT_EQ(models[1].family, "SD 1.x");
  EXPECT_EQ(models[2].name, "cut");
  EXPECT_NE(models[2].error, "") << "what cannot be read stays visible, with the reason";
  EXPECT_EQ(library.loras().at(0).name, "mine");
  EXPECT_EQ(library.loras().at(0).alias, "ink");
  EXPECT_EQ(library.vae_named("good"), folders.folder / "VAE" / "good.safetensors");
  EXPECT_TRUE(library.vae_named("Automatic").empty());
  fs::remove(folders.folder / "Stable-diffusion" / "sub" / "cut.safetensors");
  library.refresh();
  EXPECT_EQ(library.models().size(), 2u);
}

TEST(Library, NamesModelsAsA1111Does) {
  Folders folders;
  Library library(LibraryFolders::below(folders.folder.path()));
  EXPECT_TRUE(library.model_named("").is_built_in);
  const std::string hash = hash_when_ready(library, "small");
  ASSERT_EQ(hash.size(), 10u);
  for (const std::string& name : {std::string("small"), "small [" + hash + "]", std::string("small [0123456789]")})
    EXPECT_EQ(library.model_named(name).name, "small") << name;
  formats::expect_error(ErrorKind::not_found, "small", [&] { library.model_named("smal"); });
  formats::expect_error(ErrorKind::not_found, "good.safetensors", [&] { library.vae_named("god"); });
  formats::expect_error(ErrorKind::not_found, "none of this name", [&] { library.model_named("../../etc/passwd"); });
}

TEST(Library, KeepsHashes) {
  Folders folders;
  std::string hash;
  {
    Library library(LibraryFolders::below(folders.folder.path()));
    hash = hash_when_ready(library, "small");
  }
  const Library library(LibraryFolders::below(folders.folder.path()));
  EXPECT_EQ(library.model_named("small").hash, hash) << "at once";
}

TEST(Library, NoFoldersAtAllAreNoError) {
  const formats::TemporaryFolder folder;
  const Library library(LibraryFolders::below(folder / "nowhere"));
  EXPECT_EQ(library.models().size(), 1u);
  EXPECT_TRUE(library.loras().empty());
  EXPECT_TRUE(library.styles().empty());
}

}  // namespace
}  // namespace darkroom::server
