#include "layers/circular_padding.h"

#include <gtest/gtest.h>

#include "layers/conv2d.h"

namespace darkroom::layers {
namespace {

// Where opposite edges fit together, a shifted picture gives the shifted answer.
TEST(CircularPadding, MakesConvolutionsCommuteWithShifts) {
  const CircularPadding wraps(true);
  for (const auto& [kernel, stride] : {std::pair(3, 1), std::pair(3, 2), std::pair(5, 1)}) {
    Conv2d conv(3, 5, kernel, stride, kernel / 2);
    for (auto& [name, tensor] : conv.named_parameters()) tensor->normal_();
    const Tensor x = at::randn({2, 3, 8, 12});
    const Tensor shifted = conv.forward(at::roll(x, {4, 6}, {2, 3}));
    EXPECT_TRUE(at::allclose(shifted, at::roll(conv.forward(x), {4 / stride, 6 / stride}, {2, 3}), 1e-5, 1e-5))
        << kernel;
  }
}

TEST(CircularPadding, EndsWithItsScope) {
  EXPECT_FALSE(pads_circularly());
  Conv2d conv(1, 1, 3, 1, 1);
  conv.weight.fill_(1);
  conv.bias.fill_(0);
  const Tensor x = at::ones({1, 1, 3, 3});
  {
    const CircularPadding wraps(true);
    EXPECT_TRUE(conv.forward(x).equal(at::full({1, 1, 3, 3}, 9.0)));
    const CircularPadding plain(false);
    EXPECT_EQ(conv.forward(x)[0][0][0][0].item<float>(), 4);
  }
  EXPECT_FALSE(pads_circularly());
  EXPECT_EQ(conv.forward(x)[0][0][0][0].item<float>(), 4);
}

}  // namespace
}  // namespace darkroom::layers
