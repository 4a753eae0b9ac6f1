#include "train/pictures.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "train/random.h"
#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

TEST(Pictures, CutoutsLieOverTheColourWhereTransparent) {
  const TinyDataset data;
  const Cutouts cutouts(read_dataset(data.folder()), false);
  ASSERT_EQ(cutouts.size(), 2);
  const Tensor picture = cutouts.over_colour(0, {0.0, 1.0, 0.5});
  EXPECT_TRUE(at::allclose(picture.select(1, 0).select(1, 0), at::tensor({-1.f, 1.f, 0.f})));     // corner: the colour
  EXPECT_TRUE(at::allclose(picture.select(1, 16).select(1, 16), at::tensor({1.f, -1.f, -1.f})));  // centre: red
}

TEST(Pictures, CropsHaveTheirSizeAndRange) {
  const TinyDataset data;
  const Cutouts cutouts(read_dataset(data.folder()), false);
  at::Generator generator = generator_for(0, Purpose::batch, 0), again = generator_for(0, Purpose::batch, 0);
  const Tensor crops = cutouts.random_crops(5, 16, 0.25, generator);
  EXPECT_EQ(crops.sizes(), (at::IntArrayRef{5, 3, 16, 16}));
  EXPECT_GE(crops.min().item<float>(), -1);
  EXPECT_LE(crops.max().item<float>(), 1);
  EXPECT_TRUE(at::equal(crops, cutouts.random_crops(5, 16, 0.25, again)));
}

TEST(Pictures, WhiteBackgroundsAsOftenAsAsked) {
  at::Generator generator = generator_for(0, Purpose::batch, 0);
  int white = 0;
  for (int i = 0; i < 1000; ++i) white += random_colour(0.25, generator) == std::array<double, 3>{1, 1, 1};
  EXPECT_NEAR(white, 250, 50);
}

TEST(Pictures, BytesBecomeMinusOneToOne) {
  Image image(1, 2, 3);
  image.pixels = {0, 255, 51, 0, 0, 0};
  const Tensor tensor = picture_tensor(image);
  EXPECT_EQ(tensor.sizes(), (at::IntArrayRef{3, 2, 1}));
  EXPECT_TRUE(at::allclose(tensor.select(1, 0).flatten(), at::tensor({-1.f, 1.f, -0.6f})));
}

}  // namespace
}  // namespace darkroom::train
