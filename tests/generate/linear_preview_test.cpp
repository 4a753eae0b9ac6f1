#include "generate/linear_preview.h"

#include <gtest/gtest.h>

#include <cmath>

#include "generate/latents.h"
#include "generate/loaded_model.h"
#include "generate/run.h"

namespace darkroom::generate {
namespace {

TEST(LinearPreview, FindsADecoderThatIsLinear) {
  at::manual_seed(3);
  const Tensor weight = at::randn({3, 4}), bias = at::tensor({0.1f, -0.2f, 0.3f});
  const auto decode = [&](const Tensor& z) {
    const Tensor small = at::addmm(bias.unsqueeze(1), weight, z[0].flatten(1)).view({1, 3, z.size(2), z.size(3)});
    return at::upsample_nearest2d(small, {z.size(2) * 8, z.size(3) * 8});
  };
  const Tensor before = at::rand({1});
  at::manual_seed(3);
  at::randn({3, 4});
  const LinearPreview preview = fitted_preview(decode, 4, 8);
  EXPECT_TRUE(at::rand({1}).equal(before)) << "nobody's random numbers were used up";
  EXPECT_LT((preview.weight - weight).abs().max().item<float>(), 1e-5);
  EXPECT_LT((preview.bias - bias).abs().max().item<float>(), 1e-5);
}

double psnr(const Tensor& a, const Tensor& b) {
  return 10 * std::log10(255.0 * 255.0 / (a - b).square().mean().item<double>());
}

Tensor pixels_of(const Image& image) {
  return at::tensor(at::ArrayRef<uint8_t>(image.pixels))
      .view({image.height, image.width, 3})
      .permute({2, 0, 1})
      .to(at::kDouble);
}

/// Against the picture itself, eight by eight pixels at a time: what colours alone can show.
TEST(LinearPreview, ShowsThePicturesOfTheEmbeddedModel) {
  const LoadedModel model({.model = DARKROOM_SOURCE_DIR "/models/emoji", .precision = "fp32"});
  for (const char* prompt : {"a red apple", "a snowman on a navy background", "a lemon on a green background"}) {
    const Settings said = {{"prompt", prompt}, {"seed", "5"}, {"steps", "10"}, {"sampler_name", "Euler"}};
    Image last, picture;
    RunOptions options;
    options.on_preview = [&](Image&& image) { last = std::move(image); };
    options.preview_every = 1;
    generate(
        model, completed_request(said, model.recommended()), [&](Picture&& made) { picture = made.image; }, options);
    ASSERT_EQ(last.width, picture.width);
    const Tensor shown = at::avg_pool2d(pixels_of(last).unsqueeze(0), 8),
                 real = at::avg_pool2d(pixels_of(picture).unsqueeze(0), 8);
    const Tensor flat = real.mean({2, 3}, true).expand_as(real);
    EXPECT_GT(psnr(shown, real), 18) << prompt;
    EXPECT_GT(psnr(shown, real), psnr(flat, real) + 6) << prompt << ": more than its mean colour";
  }
}

}  // namespace
}  // namespace darkroom::generate
