#include "generate/tensor_image.h"

#include <gtest/gtest.h>

namespace darkroom::generate {
namespace {

TEST(TensorImage, TruncatesAndClamps) {
  // 255 * (y + 1) / 2: -1 -> 0, 1 -> 255, 0 -> 127.5 -> 127, 0.999 -> 254.87 -> 254; outside of [-1, 1] clamped.
  const Tensor y = at::tensor({-1.0f, 1.0f, 0.0f, 0.999f, -3.0f, 3.0f}).view({1, 2, 3});
  const Image image = tensor_image(y);
  EXPECT_EQ(image.width, 3);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.channels, 1);
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{0, 255, 127, 254, 0, 255}));
}

TEST(TensorImage, ChannelsAreInterleaved) {
  const Tensor y = at::zeros({3, 2, 5});
  y[0][1][4] = 1.0;   // red, bottom right
  y[2][0][0] = -1.0;  // blue, top left
  const Image image = tensor_image(y);
  EXPECT_EQ(image.pixel(4, 1)[0], 255);
  EXPECT_EQ(image.pixel(0, 0)[2], 0);
  EXPECT_EQ(image.pixel(0, 0)[0], 127);
}

TEST(TensorImage, ImageGoesThereAndBack) {
  Image image(16, 16, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = uint8_t(i % 256);
  const Tensor tensor = image_tensor(image);
  EXPECT_EQ(tensor.sizes(), (at::IntArrayRef{1, 3, 16, 16}));
  EXPECT_EQ(tensor.min().item<float>(), -1);
  EXPECT_EQ(tensor.max().item<float>(), 1);
  // Half a step of 1/255 against truncation of p / 255 * 2 - 1, which is not exact in fp32.
  EXPECT_EQ(tensor_image(tensor[0] + 1.0 / 255).pixels, image.pixels);
}

}  // namespace
}  // namespace darkroom::generate
