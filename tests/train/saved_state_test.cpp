#include "train/saved_state.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::train {
namespace {

using formats::TemporaryFolder;

struct Numbers {
  explicit Numbers(std::vector<float> from) : values(std::move(from)) {}
  std::vector<std::pair<std::string, formats::StoredTensor>> stored() const {
    return {{"b",
             {formats::DType::f32,
              {int64_t(values.size())},
              reinterpret_cast<const std::byte*>(values.data()),
              values.size() * sizeof(float),
              nullptr}}};
  }
  std::vector<float> values;
};

TEST(SavedState, TheNewestIsFoundAndTheOneBeforeKept) {
  const TemporaryFolder folder;
  EXPECT_FALSE(find_saved_state(folder.path()).has_value());
  save_state(folder.path(), Numbers({1, 2}).stored(), 5, "a = 1\n");
  save_state(folder.path(), Numbers({3, 4}).stored(), 6, "a = 1\n");
  const auto newest = find_saved_state(folder.path());
  ASSERT_TRUE(newest.has_value());
  EXPECT_EQ(newest->steps_done, 6);
  EXPECT_EQ(newest->options, "a = 1\n");
  EXPECT_EQ(formats::values_of<float>(newest->tensors.tensors.at("b")), (std::vector<float>{3, 4}));
  EXPECT_EQ(folder.files(), 2u);
}

TEST(SavedState, ADamagedOneIsPassedOver) {
  const TemporaryFolder folder;
  save_state(folder.path(), Numbers({1, 2}).stored(), 5, "");
  save_state(folder.path(), Numbers({3, 4}).stored(), 6, "");
  std::string content = formats::content_of(folder / "state.safetensors");
  content.back() ^= 1;  // one bit of the last number
  formats::put(folder / "state.safetensors", content);
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 5);
  formats::put(folder / "state.safetensors", content.substr(0, 20));
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 5);
  formats::put(folder / "state.previous.safetensors", "");
  EXPECT_EQ(formats::error_of([&] { find_saved_state(folder.path()); }).kind(), ErrorKind::corrupt_file);
}

TEST(SavedState, AfterAKillBetweenTwoRenamesTheOneBeforeIsThere) {
  const TemporaryFolder folder;
  save_state(folder.path(), Numbers({1, 2}).stored(), 5, "");
  std::filesystem::rename(folder / "state.safetensors", folder / "state.previous.safetensors");
  formats::put(folder / "state.new.safetensors", "half");
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 5);
  save_state(folder.path(), Numbers({1, 2}).stored(), 7, "");
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 7);
}

}  // namespace
}  // namespace darkroom::train
