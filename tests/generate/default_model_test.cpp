#include "generate/default_model.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::generate {
namespace {

// The test program stands in a build folder, where its own models/emoji is the first place looked at.
TEST(DefaultModel, IsFoundBesideTheProgramOrThePlacesAreListed) {
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "models";
  ASSERT_FALSE(std::filesystem::exists(folder));
  formats::expect_error(ErrorKind::not_found, (folder / "emoji").string(), [] { default_model(); });
  std::filesystem::create_directories(folder / "emoji");
  formats::put(folder / "emoji/model_index.json", "{}");
  const auto found = default_model();
  std::filesystem::remove_all(folder);
  EXPECT_EQ(found, folder / "emoji");
}

}  // namespace
}  // namespace darkroom::generate
