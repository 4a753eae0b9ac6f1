#include "generate/loaded_model.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "formats/support.h"
#include "generate/recording_device.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;

TEST(LoadedModel, KnowsItsFamilysPredictionSizeAndName) {
  const LoadedModel sd15({.model = tiny_model("sd15.safetensors")});
  EXPECT_EQ(sd15.parts().prediction, diffusion::Prediction::epsilon);
  EXPECT_EQ(sd15.recommended().at("width"), "64");
  EXPECT_EQ(sd15.parts().name, "sd15");
  const LoadedModel sd21({.model = tiny_model("sd21/")});
  EXPECT_EQ(sd21.parts().prediction, diffusion::Prediction::v);
  EXPECT_EQ(sd21.recommended().at("height"), "64");
  EXPECT_EQ(sd21.parts().name, "sd21");
  EXPECT_EQ(LoadedModel({.model = tiny_model("sdxl")}).recommended().at("width"), "64");
}

TEST(LoadedModel, ReadsTheLayersOfItsFamily) {
  const LoadedModel sd15({.model = tiny_model("sd15")}), sd21({.model = tiny_model("sd21")}),
      sdxl({.model = tiny_model("sdxl")});
  const auto one = text_encoders(sd15.parts(), 2).at(0);
  EXPECT_EQ(one.skipped, 1);
  EXPECT_TRUE(one.final_norm);
  EXPECT_EQ(text_encoders(sd21.parts(), 2).at(0).skipped, 0);  // as A1111: CLIP skip acts on SD 1.x alone
  const auto two = text_encoders(sdxl.parts(), 1);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].skipped, 1);
  EXPECT_FALSE(two[0].final_norm || two[0].has_pooled || two[1].final_norm);
  EXPECT_TRUE(two[1].has_pooled);
  expect_error(ErrorKind::invalid_request, "--clip-skip: the text encoder of this model has 3 layers, 4 was given",
               [&] { text_encoders(sd15.parts(), 4); });
}

TEST(LoadedModel, ComputesInWhatTheProcessorHasAndSaysSo) {
  std::vector<std::string> lines;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& line) { lines.push_back(line); });
  const auto dtype = [](const char* precision, bool has_bf16) {
    return LoadedModel({.model = tiny_model("sd15"), .precision = precision, .has_bf16 = has_bf16}).parts().unet_dtype;
  };
  EXPECT_EQ(dtype("auto", true), at::kBFloat16);
  EXPECT_EQ(dtype("auto", false), at::kFloat);
  EXPECT_TRUE(lines.empty());
  EXPECT_EQ(dtype("fp16", false), at::kFloat);
  EXPECT_EQ(lines.size(), 1u);
  set_log_sink(before);
}

TEST(LoadedModel, SaysWhereItsWeightsAre) {
  const LoadedModel mapped({.model = tiny_model("sd15.safetensors"), .precision = "fp32"});
  for (const PartFacts& part : mapped.part_facts()) {
    if (part.name == "LoRA") continue;
    EXPECT_GT(part.file_bytes, 4 * part.memory_bytes) << part.name;
    EXPECT_GT(part.memory_bytes, 0) << "vectors are converted: " << part.name;
    EXPECT_EQ(part.precision, "fp16") << part.name;
  }
  const LoadedModel packed_later({.model = tiny_model("sd15.safetensors"), .precision = "bf16", .has_bf16 = true});
  const PartFacts unet = packed_later.part_facts().at(1);
  EXPECT_EQ(unet.name, "UNet");
  EXPECT_GT(unet.file_bytes, 4 * unet.memory_bytes);
  EXPECT_EQ(unet.precision, "fp16") << "as the file has them";
}

TEST(LoadedModel, TheVaeComputesAsTheUnetUnlessAskedOtherwise) {
  const auto dtype = [](const char* precision, const char* vae_precision) {
    return LoadedModel(
               {.model = tiny_model("sd15"), .precision = precision, .vae_precision = vae_precision, .has_bf16 = true})
        .parts()
        .vae_dtype;
  };
  EXPECT_EQ(dtype("bf16", "auto"), at::kBFloat16);
  EXPECT_EQ(dtype("fp32", "auto"), at::kFloat);
  EXPECT_EQ(dtype("fp16", "auto"), at::kFloat);
  EXPECT_EQ(dtype("bf16", "fp32"), at::kFloat);
  EXPECT_EQ(dtype("fp32", "bf16"), at::kBFloat16);
}

TEST(LoadedModel, MissingFiles) {
  expect_error(ErrorKind::not_found, "no-such-model", [] { LoadedModel({.model = "no-such-model.safetensors"}); });
  expect_error(ErrorKind::not_found, "no-such-vae",
               [] { LoadedModel({.model = tiny_model("sd15"), .vae = "no-such-vae.safetensors"}); });
}

TEST(LoadedModel, OtherVaeIsTakenAndNamed) {
  const LoadedModel model({.model = tiny_model("sd15"), .vae = tiny_model("sd21/vae/")});
  EXPECT_EQ(model.parts().vae_name, "vae");
  EXPECT_EQ(model.parts().vae_hash().size(), 10u);
}

/// A picture's bytes, and what its parts were asked to move on a device with so much memory.
struct Placed {
  std::vector<uint8_t> pixels;
  std::string log;
  int64_t most = 0;
};
Placed placed_picture(int64_t memory, GenerateRequest request) {
  const LoadedModel model({.model = request.model, .precision = "fp32"});
  std::map<std::string, int64_t> sizes;
  for (const PartFacts& part : model.part_facts()) sizes[part.name] = part.file_bytes + part.memory_bytes;
  RecordingDevice device(memory, sizes);
  if (memory > 0) model.parts().place_on(device);
  Placed placed;
  generate(model, request, [&](Picture&& picture) { placed.pixels = picture.image.pixels; });
  return {placed.pixels, device.log, device.most};
}

GenerateRequest placed_request(const std::string& model) {
  GenerateRequest request;
  request.model = tiny_model(model);
  request.prompt = "a red apple", request.steps = 1, request.seed = 7, request.width = request.height = 32;
  return request;
}

TEST(LoadedModel, TakesTurnsOnAnAccelerator) {
  const GenerateRequest request = placed_request("sd15.safetensors");
  const Placed plain = placed_picture(0, request), roomy = placed_picture(int64_t(1) << 30, request);
  EXPECT_EQ(plain.log, "");
  EXPECT_EQ(roomy.log, "+Text encoder +UNet +VAE ");
  EXPECT_EQ(roomy.pixels, plain.pixels);
  // Room for the UNet and what it computes in, and for nothing beside it.
  int64_t unet = 0;
  const LoadedModel model({.model = request.model, .precision = "fp32"});
  for (const PartFacts& part : model.part_facts())
    if (part.name == "UNet") unet = part.file_bytes + part.memory_bytes;
  const int64_t working = 12 * 2 * 8 * 8 * model.parts().checkpoint.unet->config.channels.front() * 4;
  const Placed tight = placed_picture(unet + working, request);
  EXPECT_TRUE(tight.log.starts_with("+Text encoder -Text encoder +UNet ")) << tight.log;
  EXPECT_LE(tight.most, unet + working);
  EXPECT_EQ(tight.pixels, plain.pixels);
  expect_error(ErrorKind::out_of_memory, "try a smaller picture, or --device cpu",
               [&] { placed_picture(unet, request); });
}

PartFacts facts_of_part(const LoadedModel& model, const std::string& name) {
  for (const PartFacts& part : model.part_facts())
    if (part.name == name) return part;
  return {};
}

TEST(LoadedModel, PartsAreMovedToAnAcceleratorByHandAndKeptThere) {
  const GenerateRequest request = placed_request("sd15.safetensors");
  const LoadedModel model({.model = request.model, .precision = "fp32"});
  expect_error(ErrorKind::invalid_request, "this model is computed on the processor; see --device",
               [&] { model.move_part("VAE", PartPlace::accelerator); });
  std::map<std::string, int64_t> sizes;
  for (const PartFacts& part : model.part_facts()) sizes[part.name] = part.file_bytes + part.memory_bytes;
  const int64_t working = 12 * 2 * 8 * 8 * model.parts().checkpoint.unet->config.channels.front() * 4;
  RecordingDevice device(sizes["UNet"] + sizes["VAE"] + working, sizes);
  model.parts().place_on(device);
  model.move_part("VAE", PartPlace::accelerator);
  EXPECT_EQ(facts_of_part(model, "VAE").accelerator_bytes, sizes["VAE"]);
  EXPECT_EQ(facts_of_part(model, "VAE").memory_bytes + facts_of_part(model, "VAE").file_bytes, 0);
  model.keep_on_accelerator({"VAE"});
  generate(model, request, [](Picture&&) {});
  EXPECT_EQ(device.log, "+VAE +Text encoder -Text encoder +UNet ") << "the VAE would have made room first";
  model.free_accelerator();
  EXPECT_EQ(facts_of_part(model, "UNet").accelerator_bytes, 0);
  EXPECT_EQ(facts_of_part(model, "VAE").accelerator_bytes, sizes["VAE"]) << "it is kept";
  model.move_part("VAE", PartPlace::memory);
  EXPECT_EQ(facts_of_part(model, "VAE").accelerator_bytes, 0) << "by hand it goes all the same";
  EXPECT_TRUE(device.log.ends_with("-UNet -VAE ")) << device.log;
}

TEST(LoadedModel, BringsBothTextEncodersOfSdxl) {
  EXPECT_EQ(placed_picture(int64_t(1) << 30, placed_request("sdxl")).log, "+Text encoder +Text encoder 2 +UNet +VAE ");
}

}  // namespace
}  // namespace darkroom::generate
