#include "layers/conv2d.h"

#include <gtest/gtest.h>

namespace darkroom::layers {
namespace {

/// The definition, one output value at a time.
Tensor direct_convolution(const Tensor& x, const Conv2d& conv) {
  const int64_t kernel = conv.weight.size(2);
  const Tensor padded = at::constant_pad_nd(x, {conv.padding, conv.padding, conv.padding, conv.padding});
  const int64_t height = (padded.size(2) - kernel) / conv.stride + 1,
                width = (padded.size(3) - kernel) / conv.stride + 1;
  Tensor y = at::empty({x.size(0), conv.weight.size(0), height, width});
  for (int64_t b = 0; b < y.size(0); ++b) {
    for (int64_t o = 0; o < y.size(1); ++o) {
      for (int64_t i = 0; i < height; ++i) {
        for (int64_t j = 0; j < width; ++j) {
          const Tensor window = padded[b].narrow(1, i * conv.stride, kernel).narrow(2, j * conv.stride, kernel);
          y[b][o][i][j] = (window * conv.weight[o]).sum() + conv.bias[o];
        }
      }
    }
  }
  return y;
}

struct Shape {
  int64_t in, out, kernel, stride, padding, height, width;
};

class Conv2dShapes : public testing::TestWithParam<Shape> {};

TEST_P(Conv2dShapes, EqualsTheDefinitionInBothMemoryFormats) {
  const Shape s = GetParam();
  Conv2d conv(s.in, s.out, s.kernel, s.stride, s.padding);
  for (auto& [name, tensor] : conv.named_parameters()) tensor->normal_();
  const Tensor x = at::randn({2, s.in, s.height, s.width});
  const Tensor expected = direct_convolution(x, conv);
  EXPECT_TRUE(at::allclose(conv.forward(x), expected, 1e-4, 1e-4));
  EXPECT_TRUE(at::allclose(conv.forward(x.contiguous(at::MemoryFormat::ChannelsLast)), expected, 1e-4, 1e-4));
}

INSTANTIATE_TEST_SUITE_P(Conv2d, Conv2dShapes,
                         testing::Values(Shape{3, 5, 3, 1, 1, 6, 5}, Shape{4, 4, 3, 2, 1, 8, 8},
                                         Shape{4, 2, 3, 2, 0, 7, 7}, Shape{6, 3, 1, 1, 0, 4, 5}));

}  // namespace
}  // namespace darkroom::layers
