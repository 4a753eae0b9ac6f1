#include "train/saved_state.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/log.h"
#include "formats/safetensors.h"
#include "formats/sha256.h"
#include "formats/support.h"

namespace darkroom::train {
namespace {

using formats::TemporaryFolder;

struct Numbers {
  explicit Numbers(std::vector<float> from) : values(std::move(from)) {}
  std::vector<std::pair<std::string, formats::TensorToMake>> stored() const {
    const formats::StoredTensor tensor{formats::DType::f32,
                                       {int64_t(values.size())},
                                       reinterpret_cast<const std::byte*>(values.data()),
                                       values.size() * sizeof(float),
                                       nullptr};
    return {{"b", {tensor.dtype, tensor.shape, [tensor] { return tensor; }}}};
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

TEST(SavedState, NoFlippedByteAndNoTruncationPasses) {
  const TemporaryFolder folder;
  save_state(folder.path(), Numbers({1, 2}).stored(), 5, "a = 1\n");
  save_state(folder.path(), Numbers({3, 4}).stored(), 6, "a = 1\n");
  const std::string content = formats::content_of(folder / "state.safetensors");
  const auto steps_found = [&](const std::string& damaged) {
    formats::put(folder / "state.safetensors", damaged);
    return find_saved_state(folder.path())->steps_done;
  };
  EXPECT_EQ(steps_found(content), 6);
  const LogSink before = set_log_sink([](LogLevel, const std::string&) {});  // a line for each
  for (size_t i = 0; i < content.size(); ++i) {
    std::string damaged = content;
    damaged[i] = char(damaged[i] ^ 1);
    // Blanks at the end of the header fill it up to a multiple: a reader of JSON passes over them.
    const int64_t steps = steps_found(damaged);
    EXPECT_TRUE(steps == 5 || content[i] == ' ') << "byte " << i;
  }
  for (size_t bytes = 0; bytes < content.size(); ++bytes) EXPECT_EQ(steps_found(content.substr(0, bytes)), 5) << bytes;
  set_log_sink(before);
}

TEST(SavedState, AStateOfAnEarlierProgramIsRead) {
  const TemporaryFolder folder;
  // Its checksum is of steps, names and values.
  const Numbers numbers({1, 2});
  formats::Sha256 sha;
  sha.add("5"), sha.add("b"), sha.add(numbers.values.data(), 2 * sizeof(float));
  formats::stream_safetensors(folder / "state.safetensors", numbers.stored(),
                              {{"steps_done", "5"}, {"options", "a = 1"}, {"sha256", sha.hex()}});
  EXPECT_EQ(find_saved_state(folder.path())->options, "a = 1");
  formats::stream_safetensors(folder / "state.safetensors", numbers.stored(),
                              {{"steps_done", "6"}, {"options", "a = 1"}, {"sha256", sha.hex()}});
  EXPECT_EQ(formats::error_of([&] { find_saved_state(folder.path()); }).kind(), ErrorKind::corrupt_file);
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(SavedState, AsManyAreKeptAsAreWanted) {
  const TemporaryFolder folder;
  for (const int64_t steps : {100, 200, 300, 400, 500})
    save_state(folder.path(), Numbers({float(steps)}).stored(), steps, "", 300);
  EXPECT_EQ(names_in(folder.path()),
            (std::vector<std::string>{"state.previous.safetensors", "state.safetensors",
                                      "state.step00000200.safetensors", "state.step00000300.safetensors"}));
  // Each is a state of its own, and they stand in for each other from the newest down.
  for (const auto& [damaged, left] : {std::pair{"state.safetensors", 400},
                                      {"state.previous.safetensors", 300},
                                      {"state.step00000300.safetensors", 200}}) {
    formats::put(folder / damaged, "damaged");
    const auto found = find_saved_state(folder.path());
    EXPECT_EQ(found->steps_done, left);
    EXPECT_EQ(formats::values_of<float>(found->tensors.tensors.at("b")), std::vector<float>{float(left)});
  }
  // Going on from there leaves nothing of the way that was left, and the damaged ones go.
  save_state(folder.path(), Numbers({250}).stored(), 250, "", 300);
  save_state(folder.path(), Numbers({300}).stored(), 300, "", 0);
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"state.previous.safetensors", "state.safetensors"}));
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 300);
}

TEST(SavedState, WhateverAKillLeavesAStateIsFound) {
  const TemporaryFolder folder;
  const auto fill = [&] {
    for (const auto& name : names_in(folder.path())) std::filesystem::remove(folder / name);
    for (const int64_t steps : {1, 2, 3}) save_state(folder.path(), Numbers({float(steps)}).stored(), steps, "", 10);
  };
  const auto move = [&](const char* from, const char* to) { std::filesystem::rename(folder / from, folder / to); };
  fill();  // while the new one is written
  formats::put(folder / "state.new.safetensors", "half");
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 3);
  fill();  // when the one before was set aside
  move("state.previous.safetensors", "state.step00000002.safetensors");
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 3);
  save_state(folder.path(), Numbers({4}).stored(), 4, "", 10);
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 4);
  fill();  // when the newest became the one before
  move("state.previous.safetensors", "state.step00000002.safetensors");
  move("state.safetensors", "state.previous.safetensors");
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 3);
  save_state(folder.path(), Numbers({4}).stored(), 4, "", 10);
  EXPECT_EQ(find_saved_state(folder.path())->steps_done, 4);
}

TEST(SavedState, ToResumeIsToTakeWhatIsTold) {
  const TemporaryFolder own, other;
  EXPECT_FALSE(state_to_continue(own.path(), "").has_value());
  EXPECT_EQ(formats::error_of([&] { state_to_continue(own.path(), own / "none"); }).kind(), ErrorKind::not_found);
  EXPECT_EQ(formats::error_of([&] { state_to_continue(own.path(), other.path()); }).kind(), ErrorKind::not_found);
  for (const int64_t steps : {10, 20}) save_state(other.path(), Numbers({0}).stored(), steps, "");
  EXPECT_EQ(state_to_continue(own.path(), other.path())->steps_done, 20);
  EXPECT_EQ(state_to_continue(own.path(), other / "state.previous.safetensors")->steps_done, 10);
  // The same command again: what was done since counts.
  save_state(own.path(), Numbers({0}).stored(), 15, "");
  EXPECT_EQ(state_to_continue(own.path(), other / "state.previous.safetensors")->steps_done, 15);
  EXPECT_EQ(state_to_continue(own.path(), other.path())->steps_done, 20);
  // Its own earlier state is meant.
  save_state(own.path(), Numbers({0}).stored(), 25, "");
  EXPECT_EQ(state_to_continue(own.path(), own / "state.previous.safetensors")->steps_done, 15);
  EXPECT_EQ(state_to_continue(own.path(), own.path())->steps_done, 25);
  // What was asked for is not replaced by another.
  formats::put(own / "state.previous.safetensors", "damaged");
  EXPECT_EQ(formats::error_of([&] { state_to_continue(own.path(), own / "state.previous.safetensors"); }).kind(),
            ErrorKind::corrupt_file);
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
