// A prompt becomes the picture that the reference makes of it, whatever file the model comes from.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "support/parity.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

GenerateRequest reference_request() {
  return completed_request({{"prompt", "a red apple on the blue moon"},
                            {"negative_prompt", "the dog"},
                            {"steps", "20"},
                            {"sampler_name", "Euler"},
                            {"cfg_scale", "5"},
                            {"width", "64"},
                            {"height", "64"}});
}

class PictureTest : public testing::TestWithParam<std::string> {};

// Twenty Euler steps of the diffusers pipeline from the same noise.
TEST_P(PictureTest, IsTheReferencePipelines) {
  const LoadedModel model({.model = tiny_model(GetParam()), .precision = "fp32"});
  const auto reference_noise = [&](int, std::span<float> noise) {
    const Tensor reference = parity(GetParam(), "euler.noise").contiguous();
    ASSERT_EQ(noise.size(), size_t(reference.numel()));
    std::memcpy(noise.data(), reference.data_ptr<float>(), noise.size_bytes());
  };
  const Image image = pictures_of(model, reference_request(), {.starting_noise = reference_noise}).at(0).image;
  const Tensor expected = parity(GetParam(), "euler.picture").contiguous();
  ASSERT_EQ(expected.sizes(), (at::IntArrayRef{image.height, image.width, 3}));
  int largest = 0;
  for (size_t i = 0; i < image.pixels.size(); ++i)
    largest = std::max(largest, std::abs(int(image.pixels[i]) - int(expected.data_ptr<uint8_t>()[i])));
  EXPECT_LE(largest, 2);
}

TEST_P(PictureTest, IsTheSameFromEveryContainer) {
  const auto pixels = [](const std::string& name) {
    const LoadedModel model({.model = tiny_model(name), .precision = "fp32"});
    return pictures_of(model, small_request({{"steps", "4"}, {"negative_prompt", "the dog"}})).at(0).image.pixels;
  };
  const auto folder = pixels(GetParam());
  EXPECT_EQ(pixels(GetParam() + ".safetensors"), folder);
  EXPECT_EQ(pixels(GetParam() + ".ckpt"), folder);
  if (GetParam() == "sd15") {
    EXPECT_EQ(pixels("sd15_legacy.ckpt"), folder);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, PictureTest, testing::Values("sd15", "sd21", "sdxl"));

}  // namespace
}  // namespace darkroom::generate
