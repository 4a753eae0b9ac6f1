#include "server/model_folders.h"

#include <gtest/gtest.h>

#include <fstream>

#include "formats/support.h"
#include "server/support.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;
using formats::expect_error;

/// Another program's folder, as A1111 lays it out, and our own.
struct TwoPrograms {
  formats::TemporaryFolder folder;
  fs::path theirs = folder / "stable-diffusion-webui";
  LibraryFolders own = LibraryFolders::below(folder / "own/models");

  TwoPrograms() {
    const fs::path models = fs::path(DARKROOM_SOURCE_DIR) / "models";
    for (const char* name : {"models/Lora", "models/VAE", "embeddings"}) fs::create_directories(theirs / name);
    fs::copy_file(models / "Lora/ink.safetensors", theirs / "models/Lora/theirs.safetensors");
    std::ofstream(theirs / "embeddings/word.pt") << "x";
  }
};

TEST(ModelFolders, AnotherProgramsFolderIsFoundAddedAndRemoved) {
  const TwoPrograms both;
  const auto found = folders_in(both.theirs);
  ASSERT_EQ(found.size(), 2u) << "the folder VAE is empty";
  EXPECT_EQ(found[0].kind, "lora");
  EXPECT_EQ(found[0].files, 1);
  EXPECT_EQ(found[1].kind, "embeddings");
  EXPECT_EQ(folders_in(both.theirs / "models").size(), 2u) << "embeddings lie beside models";
  add_folders(found, both.own);
  const auto added = added_folders(both.own);
  ASSERT_EQ(added.size(), 2u);
  EXPECT_EQ(added[0].name, "stable-diffusion-webui");
  EXPECT_EQ(added[0].place, fs::canonical(both.theirs) / "models/Lora");
  EXPECT_EQ(Library(both.own).loras().at(0).name, "theirs");
  remove_folders("stable-diffusion-webui", both.own);
  EXPECT_TRUE(added_folders(both.own).empty());
  EXPECT_TRUE(fs::exists(both.theirs / "models/Lora/theirs.safetensors")) << "only the link goes";
}

TEST(ModelFolders, AFolderOfOneKindTakesItsKind) {
  const TwoPrograms both;
  const fs::path files = both.theirs / "models/Lora";
  expect_error(ErrorKind::invalid_request, "none were found", [&] { folders_in(files); });
  const auto found = folders_in(files, "lora");
  ASSERT_EQ(found.size(), 1u);
  add_folders(found, both.own);
  EXPECT_EQ(added_folders(both.own).at(0).name, "Lora");
}

TEST(ModelFolders, WhatCannotBeIsRefused) {
  const TwoPrograms both;
  const auto refused = [](ErrorKind kind, const char* part, const fs::path& place, const std::string& of = "") {
    expect_error(kind, part, [&] { folders_in(place, of); });
  };
  refused(ErrorKind::invalid_request, "begins with /", "models");
  refused(ErrorKind::invalid_request, "begins with /", "");
  refused(ErrorKind::not_found, "no such folder", both.folder / "none");
  refused(ErrorKind::not_found, "no such folder", both.theirs / "embeddings/word.pt");
  refused(ErrorKind::invalid_request, "small_vae is needed", both.theirs, "pictures");
  const auto found = folders_in(both.theirs);
  add_folders(found, both.own);
  expect_error(ErrorKind::invalid_request, "already one called", [&] { add_folders(found, both.own); });
  fs::copy(both.theirs / "models/Lora", both.own.lora / "sub", fs::copy_options::recursive);
  for (const fs::path& place : {both.own.lora, both.own.lora / "sub", both.folder / "own"})
    expect_error(ErrorKind::invalid_request, "in one another",
                 [&] { add_folders(folders_in(place, "lora"), both.own); });
  for (const char* name : {"none", "..", "sub", ""})
    expect_error(ErrorKind::not_found, "none of that name", [&] { remove_folders(name, both.own); });
  EXPECT_TRUE(fs::exists(both.own.lora / "sub"));
}

TEST(ModelFolders, ArePickedThroughHttpOnThisMachineAlone) {
  const TwoPrograms both;
  const RunningServer server({.models = both.folder / "own/models"});
  const nlohmann::json body = {{"path", both.theirs.string()}};
  EXPECT_EQ(server.post("/api/v1/folders", body).status, 201);
  EXPECT_EQ(server.get("/api/v1/folders").json["folders"].size(), 2u);
  EXPECT_EQ(server.get("/api/v1/start").json["loras"][0]["name"], "theirs");
  EXPECT_EQ(server.post("/api/v1/folders", body, {{"Origin", "http://elsewhere"}}).status, 403);
  EXPECT_EQ(server.remove("/api/v1/folders/none").status, 404);
  EXPECT_EQ(server.remove("/api/v1/folders/stable-diffusion-webui").status, 200);
  EXPECT_TRUE(server.get("/api/v1/start").json["loras"].empty());
  const RunningServer with_users({.users = "ann:secret", .models = both.folder / "own/models"});
  const auto refused = with_users.post("/api/v1/folders", body, {{"Authorization", "Basic YW5uOnNlY3JldA=="}});
  EXPECT_EQ(refused.status, 422) << refused.body;
}

}  // namespace
}  // namespace darkroom::server
