#include "layers/tensor_memory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "base/tensor.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kMiB = 1 << 18;  // floats

TEST(TensorMemory, StandsStillInALoopOfEqualSteps) {
  use_tensor_memory();
  const auto step = [] {
    Tensor a = at::ones({3 * kMiB}), b = at::ones({7 * kMiB});
    for (int i = 0; i < 5; ++i) a = at::cat({a, b.narrow(0, 0, kMiB)});
    return a.sum().item<double>();
  };
  const double first = step();
  const auto before = tensor_memory();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(step(), first);
  const auto after = tensor_memory();
  EXPECT_EQ(after.requests_to_system, before.requests_to_system);
  EXPECT_EQ(after.in_use, before.in_use);
}

TEST(TensorMemory, KeepsWhatIsInTensors) {
  use_tensor_memory();
  std::mt19937 random(1);
  std::vector<std::pair<Tensor, float>> kept;
  for (int i = 0; i < 3000; ++i) {
    if (kept.size() > 40 || (!kept.empty() && random() % 3 == 0)) {
      const size_t at = random() % kept.size();
      EXPECT_TRUE(kept[at].first.eq(kept[at].second).all().item<bool>());
      kept.erase(kept.begin() + std::ptrdiff_t(at));
    } else {
      kept.emplace_back(at::full({int64_t(1 + random() % (2 * kMiB))}, float(i)), float(i));
    }
  }
  for (const auto& [tensor, value] : kept) EXPECT_TRUE(tensor.eq(value).all().item<bool>());
}

TEST(TensorMemory, GoesBackToTheSystem) {
  use_tensor_memory();
  release_unused_tensor_memory();
  const auto before = tensor_memory();
  {
    const Tensor large = at::ones({300 * kMiB});
    EXPECT_GE(tensor_memory().in_use, before.in_use + (size_t(300) << 20));
  }
  EXPECT_EQ(tensor_memory().in_use, before.in_use);
  release_unused_tensor_memory();
  EXPECT_EQ(tensor_memory().from_system, before.from_system);
}

/// What is in this process' memory and in no file.
int64_t resident_bytes() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("RssAnon:")) return std::atoll(line.c_str() + 8) * 1024;
  return 0;
}

TEST(TensorMemory, GoesBackFromBetweenTensorsInUse) {
  use_tensor_memory();
  release_unused_tensor_memory();
  Tensor first = at::ones({kMiB}), large = at::ones({100 * kMiB}), last = at::full({kMiB}, 2);
  const int64_t before = resident_bytes();
  large = Tensor();
  EXPECT_GT(resident_bytes(), before - (8 << 20)) << "kept to be used again";
  release_unused_tensor_memory();
  EXPECT_LT(resident_bytes(), before - (90 << 20));
  EXPECT_TRUE(first.eq(1).all().item<bool>() && last.eq(2).all().item<bool>());
  large = at::ones({100 * kMiB});
  EXPECT_EQ(large.sum().item<double>(), double(100 * kMiB));
}

TEST(TensorMemory, TellsTheMostThatWasInUse) {
  use_tensor_memory();
  const size_t before = tensor_memory().in_use;
  watch_tensor_memory();
  { const Tensor x = at::ones({20 * kMiB}); }
  EXPECT_GE(tensor_memory().most_in_use, before + (size_t(20) << 20));
  watch_tensor_memory();
  EXPECT_EQ(tensor_memory().most_in_use, tensor_memory().in_use);
}

TEST(TensorMemory, StoragesMayGrow) {
  use_tensor_memory();
  Tensor x = at::ones({kMiB});
  x.resize_({5 * kMiB});
  EXPECT_TRUE(x.narrow(0, 0, kMiB).eq(1).all().item<bool>());
  EXPECT_EQ(at::empty({0}).numel(), 0);
}

}  // namespace
}  // namespace darkroom::layers
