#include "layers/tensor_memory.h"

#include <gtest/gtest.h>

#include <random>
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

TEST(TensorMemory, StoragesMayGrow) {
  use_tensor_memory();
  Tensor x = at::ones({kMiB});
  x.resize_({5 * kMiB});
  EXPECT_TRUE(x.narrow(0, 0, kMiB).eq(1).all().item<bool>());
  EXPECT_EQ(at::empty({0}).numel(), 0);
}

}  // namespace
}  // namespace darkroom::layers
