#include "layers/upsampling.h"

#include <gtest/gtest.h>

#include "layers/work.h"

namespace darkroom::layers {
namespace {

TEST(Enlarged, TakesTheNearest) {
  const Tensor x = at::arange(4, at::kFloat).view({1, 1, 2, 2});
  const Tensor expected = at::tensor({0.f, 0.f, 1.f, 0.f, 0.f, 1.f, 2.f, 2.f, 3.f}).view({1, 1, 3, 3});
  EXPECT_TRUE(enlarged(x, 3, 3).equal(expected));
}

TEST(Enlarged, TellsItsWork) {
  std::vector<Work> told;
  const WatchedWork watch({[&](const Work& work, const Compute& compute) {
    told.push_back(work);
    return compute();
  }});
  enlarged(at::ones({2, 3, 4, 5}), 8, 10);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, WorkKind::upsampling);
  EXPECT_EQ(told[0].values, 2 * 3 * (4 * 5 + 8 * 10));
}

}  // namespace
}  // namespace darkroom::layers
