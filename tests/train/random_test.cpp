#include "train/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace darkroom::train {
namespace {

TEST(Random, UsesDifferInEveryPart) {
  const auto first = [](uint64_t seed, Purpose purpose, uint64_t index) {
    at::Generator generator = generator_for(seed, purpose, index);
    return random_unit(generator);
  };
  const std::set<double> values = {first(0, Purpose::batch, 0), first(1, Purpose::batch, 0),
                                   first(0, Purpose::order, 0), first(0, Purpose::batch, 1)};
  EXPECT_EQ(values.size(), 4u);
  EXPECT_EQ(first(5, Purpose::batch, 9), first(5, Purpose::batch, 9));
}

TEST(Random, AnEpochIsAPermutation) {
  auto order = epoch_order(3, 0, 100);
  EXPECT_NE(order, epoch_order(3, 1, 100));
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
}

TEST(Random, BatchesGoThroughEveryEpochWithoutGaps) {
  std::vector<int64_t> seen;
  for (int64_t step = 0; step < 7; ++step) {
    for (const int64_t i : batch_indices(3, step, 3, 7)) seen.push_back(i);
  }
  for (int epoch = 0; epoch < 3; ++epoch) {
    EXPECT_EQ(std::vector<int64_t>(seen.begin() + 7 * epoch, seen.begin() + 7 * epoch + 7), epoch_order(3, epoch, 7));
  }
}

TEST(Random, TimestepsAreSpreadEvenlyAndEachIsUniform) {
  std::vector<int64_t> first_of_batch(4, 0);
  for (int step = 0; step < 400; ++step) {
    at::Generator generator = generator_for(0, Purpose::batch, step);
    const Tensor t = stratified_timesteps(4, 1000, generator);
    std::set<int64_t> quarters;
    for (int64_t i = 0; i < 4; ++i) quarters.insert(t[i].item<int64_t>() / 250);
    EXPECT_EQ(quarters.size(), 4u) << t;
    EXPECT_GE(t.min().item<int64_t>(), 0);
    EXPECT_LE(t.max().item<int64_t>(), 999);
    ++first_of_batch[t[0].item<int64_t>() / 250];
  }
  for (const int64_t count : first_of_batch) EXPECT_NEAR(double(count), 100, 40);
}

TEST(Random, IndicesAndUnitsStayInRange) {
  at::Generator generator = generator_for(0, Purpose::batch, 0);
  std::set<int64_t> met;
  for (int i = 0; i < 1000; ++i) {
    met.insert(random_index(generator, 5));
    const double unit = random_unit(generator);
    EXPECT_TRUE(unit >= 0 && unit < 1);
  }
  EXPECT_EQ(met, (std::set<int64_t>{0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace darkroom::train
