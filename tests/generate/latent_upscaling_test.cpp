#include "generate/latent_upscaling.h"

#include <gtest/gtest.h>

#include <cmath>

namespace darkroom::generate {
namespace {

Tensor row(std::vector<float> values) {
  return at::tensor(values).view({1, 1, 1, int64_t(values.size())});
}

Tensor enlarged_row(const std::string& name, const std::vector<float>& values, int64_t width) {
  return enlarged_latents(row(values), name, 1, width).flatten();
}

// By hand: bilinear with its pixel centres in the middle, bicubic with a = -0.75 and -0.5, nearest from the left.
TEST(LatentUpscaling, IsTorchsInterpolationWithoutAlignedCorners) {
  const auto near = [](const Tensor& found, std::vector<float> expected) {
    return found.allclose(at::tensor(expected), 0, 1e-6);
  };
  EXPECT_TRUE(near(enlarged_row("Latent", {0, 4}, 4), {0, 1, 3, 4}));
  EXPECT_TRUE(near(enlarged_row("Latent (antialiased)", {0, 4}, 4), {0, 1, 3, 4}));
  EXPECT_TRUE(near(enlarged_row("Latent (nearest)", {0, 4, 8}, 5), {0, 0, 4, 4, 8}));
  EXPECT_TRUE(near(enlarged_row("latent (NEAREST-exact)", {0, 4, 8}, 5), {0, 0, 4, 8, 8}));
  const auto cubic = [](double a, double x) {
    x = std::abs(x);
    return x < 1 ? (a + 2) * x * x * x - (a + 3) * x * x + 1 : a * (x * x * x - 5 * x * x + 8 * x - 4);
  };
  // Place 1.75 of 0, 8, 0, 0: the 8 is 0.75 away.
  EXPECT_NEAR(enlarged_row("Latent (bicubic)", {0, 8, 0, 0}, 8)[4].item<double>(), 8 * cubic(-0.75, 0.75), 1e-5);
  EXPECT_NEAR(enlarged_row("Latent (bicubic antialiased)", {0, 8, 0, 0}, 8)[4].item<double>(), 8 * cubic(-0.5, 0.75),
              1e-5);
}

TEST(LatentUpscaling, KnowsItsFamily) {
  EXPECT_EQ(latent_upscaler_names().size(), 6u);
  EXPECT_TRUE(is_latent_upscaler("latent"));
  EXPECT_FALSE(is_latent_upscaler("Lanczos"));
}

}  // namespace
}  // namespace darkroom::generate
