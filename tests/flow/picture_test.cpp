// A prompt becomes the picture that the reference makes of it, whatever file the model comes from.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "support/parity.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

const std::string kEmbedded = std::string(DARKROOM_SOURCE_DIR) + "/models/emoji";
const std::string kApple = "a red apple, noto style, on a white background";

Settings reference_settings() {
  return {{"steps", "20"}, {"sampler_name", "Euler"}, {"cfg_scale", "5"}};
}

/// The largest difference of any value from twenty Euler steps of the diffusers pipeline, started from the same noise.
int distance_from_reference(const LoadedModel& model, const std::string& family, Settings said) {
  said.merge(reference_settings());
  const auto reference_noise = [&](int, std::span<float> noise) {
    const Tensor reference = parity(family, "euler.noise").contiguous();
    ASSERT_EQ(noise.size(), size_t(reference.numel()));
    std::memcpy(noise.data(), reference.data_ptr<float>(), noise.size_bytes());
  };
  const Image image = pictures_of(model, completed_request(said), {.starting_noise = reference_noise}).at(0).image;
  const Tensor expected = parity(family, "euler.picture").contiguous();
  EXPECT_EQ(expected.sizes(), (at::IntArrayRef{image.height, image.width, 3}));
  int largest = 0;
  for (size_t i = 0; i < image.pixels.size(); ++i)
    largest = std::max(largest, std::abs(int(image.pixels[i]) - int(expected.data_ptr<uint8_t>()[i])));
  return largest;
}

class PictureTest : public testing::TestWithParam<std::string> {};

TEST_P(PictureTest, IsTheReferencePipelines) {
  const LoadedModel model({.model = tiny_model(GetParam()), .precision = "fp32"});
  const Settings said = {
      {"prompt", "a red apple on the blue moon"}, {"negative_prompt", "the dog"}, {"width", "64"}, {"height", "64"}};
  EXPECT_LE(distance_from_reference(model, GetParam(), said), 2);
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

// The model folder that comes with the program, read by diffusers unchanged.
TEST(EmbeddedModel, DrawsWhatTheReferencePipelineDraws) {
  const LoadedModel model({.model = kEmbedded, .precision = "fp32"});
  const Settings said = {
      {"prompt", kApple}, {"negative_prompt", "on a blue background"}, {"width", "128"}, {"height", "128"}};
  EXPECT_LE(distance_from_reference(model, "emoji", said), 2);
}

TEST(EmbeddedModel, DrawsARedAppleOnWhite) {
  const LoadedModel model({.model = kEmbedded});
  Settings said = model.recommended();
  said.merge(Settings{{"prompt", kApple}, {"seed", "1"}});
  const Image image = pictures_of(model, completed_request(said)).at(0).image;
  ASSERT_EQ(image.width, 128);
  const auto mean_colour = [&](int left, int top, int side) {
    std::array<double, 3> sum{};
    for (int y = top; y < top + side; ++y)
      for (int x = left; x < left + side; ++x)
        for (int c = 0; c < 3; ++c) sum[c] += double(image.pixels[3 * (y * image.width + x) + c]) / (side * side);
    return sum;
  };
  for (const int corner : {0, 120}) {
    for (const double value : mean_colour(corner, corner, 8)) EXPECT_GT(value, 225);
  }
  const auto [red, green, blue] = mean_colour(48, 56, 32);
  EXPECT_GT(red, green + 80);
  EXPECT_GT(red, blue + 80);
}

// The LoRA that our trainer wrote and ships, read by diffusers unchanged.
TEST(EmbeddedModel, ALoraChangesPicturesAsInTheReferencePipeline) {
  const LoadedModel model({.model = kEmbedded, .precision = "fp32"});
  const auto noise = [](int, std::span<float> values) {
    const Tensor reference = parity("ink", "noise").contiguous();
    std::memcpy(values.data(), reference.data_ptr<float>(), values.size_bytes());
  };
  Tensor plain;
  for (const char* weight : {"0", "0.5", "1"}) {
    const Settings said = {{"prompt", fmt::format("a red apple, on a white background <lora:ink:{}>", weight)},
                           {"lora_dir", std::string(DARKROOM_SOURCE_DIR) + "/models/Lora"},
                           {"steps", "10"},
                           {"sampler_name", "Euler"},
                           {"scheduler", "uniform"},
                           {"cfg_scale", "4"},
                           {"width", "128"},
                           {"height", "128"}};
    const Image image = pictures_of(model, completed_request(said), {.starting_noise = noise}).at(0).image;
    const Tensor expected = parity("ink", fmt::format("picture.{}", weight)).to(at::kInt);
    const Tensor found =
        at::from_blob(const_cast<uint8_t*>(image.pixels.data()), {128, 128, 3}, at::kByte).to(at::kInt);
    EXPECT_LE((found - expected).abs().max().item<int>(), 1) << weight;
    if (!plain.defined())
      plain = expected;
    else
      EXPECT_GT((expected - plain).abs().to(at::kDouble).mean().item<double>(), 10)
          << "a LoRA that does nothing proves nothing";
  }
}

INSTANTIATE_TEST_SUITE_P(Families, PictureTest, testing::Values("sd15", "sd21", "sdxl"));

}  // namespace
}  // namespace darkroom::generate
