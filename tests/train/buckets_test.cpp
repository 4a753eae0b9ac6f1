#include "train/buckets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "train/formulas.h"

namespace darkroom::train {
namespace {

PixelSize size_in(const nlohmann::json& pair) {
  return {pair.at(0).get<int>(), pair.at(1).get<int>()};
}

BucketOptions options_in(const nlohmann::json& row) {
  return {.resolution = size_in(row.at("resolution")),
          .least_side = row.at("least"),
          .most_side = row.at("most"),
          .step = row.at("step"),
          .no_upscale = row.at("no_upscale")};
}

TEST(Buckets, SizesAndPlacesAreThoseOfTheReference) {
  for (const auto& row : training_formulas().at("buckets")) {
    const BucketOptions options = options_in(row);
    const std::vector<PixelSize> buckets = bucket_sizes(options);
    ASSERT_EQ(buckets.size(), row.at("sizes").size());
    for (size_t i = 0; i < buckets.size(); ++i) EXPECT_EQ(buckets[i], size_in(row.at("sizes")[i]));
    for (const auto& expected : row.at("places")) {
      const BucketPlace found = place_in_bucket(size_in(expected.at("picture")), options, buckets);
      EXPECT_EQ(found.bucket, size_in(expected.at("bucket"))) << expected;
      EXPECT_EQ(found.resized, size_in(expected.at("resized"))) << expected;
    }
  }
}

// training.md 2.4.
TEST(Buckets, CountsOfTheUsualResolutions) {
  const auto count = [](PixelSize resolution, int most, int step) {
    return bucket_sizes({.resolution = resolution, .most_side = most, .step = step}).size();
  };
  EXPECT_EQ(count({512, 512}, 1024, 64), 17u);
  EXPECT_EQ(count({768, 768}, 1024, 64), 19u);
  EXPECT_EQ(count({768, 768}, 2048, 64), 41u);
  EXPECT_EQ(count({1024, 1024}, 2048, 64), 41u);
  EXPECT_EQ(count({1024, 1024}, 2048, 32), 81u);
  EXPECT_EQ(count({1024, 1024}, 1024, 64), 25u);
  EXPECT_EQ(count({512, 768}, 1024, 64), 19u);
}

TEST(Buckets, ScaledPicturesCoverTheirBucket) {
  const BucketOptions options;
  const auto buckets = bucket_sizes(options);
  for (int width = 100; width < 3000; width += 377) {
    for (int height = 90; height < 3000; height += 411) {
      const BucketPlace place = place_in_bucket({width, height}, options, buckets);
      EXPECT_GE(place.resized.width, place.bucket.width);
      EXPECT_GE(place.resized.height, place.bucket.height);
      EXPECT_TRUE(place.resized.width == place.bucket.width || place.resized.height == place.bucket.height);
    }
  }
}

TEST(Buckets, RefusesWhatCannotBe) {
  EXPECT_THROW(bucket_sizes({.resolution = {512, 512}, .least_side = 576}), Error);
  EXPECT_THROW(bucket_sizes({.resolution = {2048, 512}, .most_side = 1024}), Error);
  EXPECT_THROW(bucket_sizes({.step = 0}), Error);
  EXPECT_THROW(bucket_sizes({.step = 10}), Error);  // the VAE would lose what is over a multiple of 8
  EXPECT_THROW(bucket_sizes({.most_side = std::numeric_limits<int>::max()}), Error);
  for (const int step : {0, -64, 10, 1 << 20})
    EXPECT_THROW(place_in_bucket({300, 200}, {.step = step, .no_upscale = true}, {}), Error) << step;
  const BucketOptions keeps{.no_upscale = true};
  EXPECT_THROW(place_in_bucket({63, 400}, keeps, {}), Error);
  EXPECT_THROW(place_in_bucket({0, 400}, {}, bucket_sizes({})), Error);
}

}  // namespace
}  // namespace darkroom::train
