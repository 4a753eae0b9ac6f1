#include "formats/known_hashes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "formats/sha256.h"
#include "formats/support.h"

namespace darkroom::formats {
namespace {

/// The user's cache folder is another for as long as this lives.
class CacheFolder {
 public:
  explicit CacheFolder(const std::filesystem::path& folder) { ::setenv("XDG_CACHE_HOME", folder.c_str(), 1); }
  ~CacheFolder() {
    if (before_.empty())
      ::unsetenv("XDG_CACHE_HOME");
    else
      ::setenv("XDG_CACHE_HOME", before_.c_str(), 1);
  }

 private:
  std::string before_ = std::getenv("XDG_CACHE_HOME") ? std::getenv("XDG_CACHE_HOME") : "";
};

const std::string kOther(64, 'f'), kLarge(size_t(2) << 20, 'a');

/// What is in the file of hashes, and the same with one entry's hash replaced.
nlohmann::json kept(const TemporaryFolder& cache) {
  return nlohmann::json::parse(content_of(cache.path() / "darkroom" / "sha256.json"));
}

void replace_kept(const TemporaryFolder& cache, const std::string& model) {
  nlohmann::json json = kept(cache);
  json[model]["sha256"] = kOther;
  put(cache.path() / "darkroom" / "sha256.json", json.dump());
}

TEST(KnownHashes, ALargeFileIsReadOnce) {
  const TemporaryFolder cache, folder;
  const CacheFolder here(cache.path());
  const std::filesystem::path model = folder / "m.safetensors";
  put(model, kLarge);
  EXPECT_FALSE(known_sha256_of_model(model));
  const std::string hash = sha256_of_model(model);
  EXPECT_EQ(hash, sha256_of_file(model));
  EXPECT_EQ(known_sha256_of_model(model), hash);
  replace_kept(cache, model.string());
  EXPECT_EQ(sha256_of_model(model), kOther) << "it is what was kept, of another program too";
}

TEST(KnownHashes, AChangedFileIsReadAgain) {
  const TemporaryFolder cache, folder;
  const CacheFolder here(cache.path());
  const std::filesystem::path model = folder / "m.safetensors";
  put(model, kLarge);
  sha256_of_model(model);
  replace_kept(cache, model.string());
  const auto written = std::filesystem::last_write_time(model);
  std::string changed = kLarge;
  changed.back() = 'b';
  put(model, changed);
  std::filesystem::last_write_time(model, written);  // same size, same time: what copying tools do
  EXPECT_FALSE(known_sha256_of_model(model));
  EXPECT_EQ(sha256_of_model(model), sha256_of_file(model));
}

TEST(KnownHashes, SmallFilesAreNotKept) {
  const TemporaryFolder cache, folder;
  const CacheFolder here(cache.path());
  put(folder / "m.safetensors", "abc");
  sha256_of_model(folder / "m.safetensors");
  EXPECT_FALSE(std::filesystem::exists(cache / "darkroom"));
}

TEST(KnownHashes, DamagedFilesAreEmptyOnes) {
  const TemporaryFolder cache, folder;
  const CacheFolder here(cache.path());
  std::filesystem::create_directories(cache / "darkroom");
  const std::filesystem::path model = folder / "m.safetensors";
  put(model, kLarge);
  const std::string state = state_of_files({model});
  const nlohmann::json short_hash = {{model.string(), {{"state", state}, {"sha256", "12"}}}};
  for (const std::string& damaged : {std::string("{\"a\":"), std::string("[1, 2]"), std::string("\xff\xfe"),
                                     std::string("{\"a\": 7, \"b\": {\"state\": 1, \"sha256\": []}}"),
                                     short_hash.dump(), std::string(1 << 20, '[')}) {
    put(cache / "darkroom" / "sha256.json", damaged);
    EXPECT_FALSE(known_hash(model, state)) << damaged.substr(0, 40);
  }
  EXPECT_EQ(sha256_of_model(model), sha256_of_file(model));
  EXPECT_TRUE(kept(cache).contains(model.string()));
}

TEST(KnownHashes, WithoutAFolderTheyAreKeptInMemory) {
  const TemporaryFolder folder;
  put(folder / "file", "");
  const CacheFolder here(folder / "file");  // in which no folder can be made
  const std::filesystem::path model = folder / "m.safetensors";
  put(model, kLarge);
  EXPECT_FALSE(known_sha256_of_model(model));
  EXPECT_EQ(sha256_of_model(model), sha256_of_file(model));
  EXPECT_EQ(known_sha256_of_model(model), sha256_of_file(model));
}

TEST(KnownHashes, ForgetsWhatIsGone) {
  const TemporaryFolder cache, folder;
  const CacheFolder here(cache.path());
  for (const char* name : {"a.safetensors", "b.safetensors"}) {
    put(folder / name, kLarge);
    sha256_of_model(folder / name);
  }
  std::filesystem::remove(folder / "a.safetensors");
  put(folder / "c.safetensors", kLarge);
  sha256_of_model(folder / "c.safetensors");
  EXPECT_FALSE(kept(cache).contains((folder / "a.safetensors").string()));
  EXPECT_EQ(kept(cache).size(), 2u);
}

TEST(KnownHashes, MissingFiles) {
  expect_error(ErrorKind::io, "nowhere", [] { state_of_files({"nowhere.safetensors"}); });
}

}  // namespace
}  // namespace darkroom::formats
