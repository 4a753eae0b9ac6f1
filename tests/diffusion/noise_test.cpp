#include "diffusion/noise.h"

#include <gtest/gtest.h>

#include "diffusion/torch_random.h"
#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(ImageNoise, IsTheReferences) {
  for (const auto& row : golden("rng.json").at("image_rng")) {
    ImageNoiseOptions options;
    options.source = random_source_named(row.at("source").get<std::string>());
    options.seed_delta = row.at("ensd");
    if (row.contains("subseeds")) {
      options.variation_seeds = row.at("subseeds").get<std::vector<uint64_t>>();
      options.variation_strength = row.at("subseed_strength");
    }
    if (row.contains("seed_resize_from_h")) {  // in pixels there
      options.resize_from_height = row.at("seed_resize_from_h").get<int>() / 8;
      options.resize_from_width = row.at("seed_resize_from_w").get<int>() / 8;
    }
    const auto seeds = row.at("seeds").get<std::vector<uint64_t>>();
    ImageNoise noise(seeds, row.at("shape").get<std::vector<int64_t>>(), options);
    const Tensor first = noise.first(), second = noise.next();
    EXPECT_LE(largest_difference(first.flatten(), at::tensor(floats(row.at("first")))), 2e-6) << row.at("source");
    for (size_t image = 0; image < seeds.size(); ++image) {
      const Tensor head = at::tensor(floats(row.at("second_head")[image]));
      EXPECT_LE(largest_difference(second[image].flatten().narrow(0, 0, 8), head), 2e-6) << row.at("source");
    }
  }
}

TEST(ImageNoise, AVariationGoesFromOneSeedToTheOther) {
  const auto mixed = [](double strength) {
    ImageNoise noise({1}, {4, 8, 8}, {.variation_seeds = {2}, .variation_strength = strength});
    return noise.first();
  };
  ImageNoise one({1}, {4, 8, 8}), two({2}, {4, 8, 8});
  const Tensor first = one.first(), second = two.first();
  EXPECT_LE(largest_difference(mixed(1), second), 1e-5);
  EXPECT_TRUE(mixed(0).equal(first));
  EXPECT_NEAR(mixed(0.5).square().mean().item<double>(), 1, 0.2);
}

TEST(ImageNoise, ResizingKeepsTheMiddle) {
  ImageNoise small({9}, {4, 4, 6}), grown({9}, {4, 8, 8}, {.resize_from_height = 4, .resize_from_width = 6});
  EXPECT_TRUE(grown.first()[0].narrow(1, 2, 4).narrow(2, 1, 6).equal(small.first()[0]));
  ImageNoise large({9}, {4, 8, 8}), cut({9}, {4, 4, 6}, {.resize_from_height = 8, .resize_from_width = 8});
  EXPECT_TRUE(cut.first()[0].equal(large.first()[0].narrow(1, 2, 4).narrow(2, 1, 6)));
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
  error_of(ErrorKind::internal, [] {
    ImageNoise({1, 2}, {4, 4, 4}, {.variation_seeds = {3}, .variation_strength = 0.5});
  });
  expect_contains(error_of(ErrorKind::invalid_request, [] { random_source_named("TPU"); }), "CPU or NV");
}

}  // namespace
}  // namespace darkroom::diffusion
