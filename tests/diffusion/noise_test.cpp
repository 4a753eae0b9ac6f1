#include "diffusion/noise.h"

#include <gtest/gtest.h>

#include "diffusion/torch_random.h"
#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(ImageNoise, IsTheReferences) {
  int rows = 0;
  for (const auto& row : golden("rng.json").at("image_rng")) {
    const bool is_plain = row.at("source") == "CPU" && !row.contains("subseeds") && !row.contains("seed_resize_from_h");
    if (!is_plain || row.at("ensd") != 0) continue;
    ++rows;
    ImageNoise noise(row.at("seeds").get<std::vector<uint64_t>>(), row.at("shape").get<std::vector<int64_t>>());
    const Tensor first = noise.first(), second = noise.next();
    EXPECT_LE(largest_difference(first.flatten(), at::tensor(floats(row.at("first")))), 2e-6);
    for (int image = 0; image < 2; ++image) {
      const Tensor head = at::tensor(floats(row.at("second_head")[image]));
      EXPECT_LE(largest_difference(second[image].flatten().narrow(0, 0, 8), head), 2e-6);
    }
  }
  EXPECT_EQ(rows, 1);
}

TEST(ImageNoise, AnImageDoesNotDependOnItsBatch) {
  const std::vector<int64_t> shape = {4, 5, 7};  // 140 values: not a multiple of 16
  ImageNoise batch(image_seeds(1234, 3), shape);
  const Tensor first = batch.first(), second = batch.next(), third = batch.next();
  EXPECT_EQ(first.sizes(), (std::vector<int64_t>{3, 4, 5, 7}));
  EXPECT_EQ(first.scalar_type(), at::kFloat);
  for (int i = 0; i < 3; ++i) {
    ImageNoise alone({1234 + uint64_t(i)}, shape);
    EXPECT_TRUE(alone.first()[0].equal(first[i]));
    EXPECT_TRUE(alone.next()[0].equal(second[i]));
    EXPECT_TRUE(alone.next()[0].equal(third[i]));
  }
  EXPECT_FALSE(first[0].equal(first[1]));
  EXPECT_FALSE(first.equal(second));
}

TEST(ImageNoise, FirstIsTorchsRandnOfTheSeed) {
  at::Generator generator = torch_generator(42);
  ImageNoise noise({42}, {4, 8, 8});
  EXPECT_TRUE(noise.first()[0].equal(torch_randn({4, 8, 8}, generator)));
}

TEST(ImageNoise, SourceIsNext) {
  ImageNoise a({1, 2}, {4, 4, 4}), b({1, 2}, {4, 4, 4});
  a.first(), b.first();
  const NoiseSource source = a.source();
  EXPECT_TRUE(source(2, 1).equal(b.next()));
  EXPECT_TRUE(source(1, 0.5).equal(b.next()));
}

TEST(ImageNoise, SeedsCountUp) {
  EXPECT_EQ(image_seeds(7, 3), (std::vector<uint64_t>{7, 8, 9}));
  EXPECT_TRUE(image_seeds(7, 0).empty());
}

TEST(ImageNoise, MistakesOfTheProgramAreNamed) {
  expect_contains(error_of(ErrorKind::internal, [] { no_noise(2, 1); }), "no source");
  error_of(ErrorKind::internal, [] { ImageNoise({}, {4, 4, 4}); });
}

}  // namespace
}  // namespace darkroom::diffusion
