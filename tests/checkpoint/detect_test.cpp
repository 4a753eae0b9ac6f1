#include "checkpoint/detect.h"

#include "fixtures.h"
#include "models/names.h"

namespace darkroom::checkpoint {
namespace {

using Sizes = std::vector<int64_t>;

ModelDescription describe(const formats::TensorFile& file) {
  return describe_single_file(file, "/nowhere/model.safetensors");
}

TEST(Detect, FullSizeSd15) {
  const auto model = describe(listed_file("sd15"));
  EXPECT_EQ(model.family, Family::sd1);
  EXPECT_EQ(model.prediction, Prediction::eps);
  EXPECT_EQ(model.unet.channels, (Sizes{320, 640, 1280, 1280}));
  EXPECT_EQ(model.unet.depth, (Sizes{1, 1, 1, 0}));
  EXPECT_EQ(model.unet.heads, (Sizes{8, 8, 8, 8}));
  EXPECT_EQ(model.unet.res_blocks, 2);
  EXPECT_EQ(model.unet.middle_depth, 1);
  EXPECT_EQ(model.unet.context, 768);
  EXPECT_EQ(model.unet.vector, 0);
  EXPECT_FALSE(model.unet.linear_projections);
  EXPECT_EQ(model.vae.channels, (Sizes{128, 256, 512, 512}));
  EXPECT_EQ(model.vae.res_blocks, 2);
  EXPECT_DOUBLE_EQ(model.vae.scale, 0.18215);
  ASSERT_EQ(model.text_encoders.size(), 1u);
  const auto& text = model.text_encoders[0].config;
  EXPECT_EQ(text.layers, 12);
  EXPECT_EQ(text.heads, 12);
  EXPECT_EQ(text.inner, 3072);
  EXPECT_EQ(text.activation, models::TextActivation::quick_gelu);
  EXPECT_EQ(model.text_encoders[0].pad_token, "<|endoftext|>");
}

TEST(Detect, FullSizeSd21LeavesItsPredictionOpen) {
  const auto model = describe(listed_file("sd21"));
  EXPECT_EQ(model.family, Family::sd2);
  EXPECT_FALSE(model.prediction.has_value());
  EXPECT_EQ(model.unet.heads, (Sizes{5, 10, 20, 20}));
  EXPECT_EQ(model.unet.context, 1024);
  EXPECT_TRUE(model.unet.linear_projections);
  const auto& text = model.text_encoders[0];
  EXPECT_EQ(text.config.layers, 23);  // of 24 in the file
  EXPECT_EQ(text.config.heads, 16);
  EXPECT_EQ(text.config.projection, 0);
  EXPECT_EQ(text.config.activation, models::TextActivation::gelu);
  EXPECT_EQ(text.pad_token, "!");
}

TEST(Detect, FullSizeSdxl) {
  const auto model = describe(listed_file("sdxl"));
  EXPECT_EQ(model.family, Family::sdxl);
  EXPECT_EQ(model.prediction, Prediction::eps);
  EXPECT_EQ(model.unet.channels, (Sizes{320, 640, 1280}));
  EXPECT_EQ(model.unet.depth, (Sizes{0, 2, 10}));
  EXPECT_EQ(model.unet.middle_depth, 10);
  EXPECT_EQ(model.unet.heads, (Sizes{5, 10, 20}));
  EXPECT_EQ(model.unet.vector, 2816);
  EXPECT_EQ(model.size_embedding, 256);
  EXPECT_DOUBLE_EQ(model.vae.scale, 0.13025);
  EXPECT_TRUE(model.zeros_for_empty_negative);
  ASSERT_EQ(model.text_encoders.size(), 2u);
  EXPECT_EQ(model.text_encoders[0].config.width, 768);
  EXPECT_EQ(model.text_encoders[0].config.projection, 0);
  EXPECT_EQ(model.text_encoders[1].config.width, 1280);
  EXPECT_EQ(model.text_encoders[1].config.layers, 32);
  EXPECT_EQ(model.text_encoders[1].config.projection, 1280);
}

TEST(Detect, NineInputChannelsMeanInpainting) {
  auto file = listed_file("sd15");
  EXPECT_FALSE(describe(file).is_inpainting());
  file.tensors.at("model.diffusion_model.input_blocks.0.0.weight").shape[1] = 9;
  EXPECT_TRUE(describe(file).is_inpainting());
  file.tensors.at("model.diffusion_model.input_blocks.0.0.weight").shape[1] = 5;
  EXPECT_TRUE(mentions(error_of(ErrorKind::unsupported, [&] { describe(file); }), "found 5"));
}

TEST(Detect, MarkersMetadataAndYamlStateThePrediction) {
  auto sdxl = listed_file("sdxl");
  sdxl.tensors["v_pred"] = {};
  sdxl.tensors["ztsnr"] = {};
  EXPECT_EQ(describe(sdxl).prediction, Prediction::v);
  EXPECT_TRUE(describe(sdxl).noise_schedule.zero_terminal_snr);

  auto sd21 = listed_file("sd21");
  sd21.metadata["modelspec.prediction_type"] = "epsilon";
  EXPECT_EQ(describe(sd21).prediction, Prediction::eps);
  sd21.metadata["modelspec.prediction_type"] = "v";
  EXPECT_EQ(describe(sd21).prediction, Prediction::v);
  EXPECT_EQ(describe(sd21).sample_size, 96);

  sd21.metadata.clear();
  const ScratchFolder folder;
  write_text(folder / "m.yaml", "model:\n  params:\n    parameterization: \"v\"\n");
  EXPECT_EQ(describe_single_file(sd21, folder / "m.ckpt").prediction, Prediction::v);
  write_text(folder / "m.yaml", "model:\n  params:\n    linear_start: 0.00085\n");
  EXPECT_EQ(describe_single_file(sd21, folder / "m.ckpt").prediction, Prediction::eps);
}

TEST(Detect, OldestTextEncoderNamesLackTheModel) {
  formats::TensorFile file, old;
  for (auto& [name, tensor] : listed_file("sd15").tensors) {
    const std::string prefix = "cond_stage_model.transformer.text_model.";
    const bool text = name.starts_with(prefix);
    old.tensors[text ? "cond_stage_model.transformer." + name.substr(prefix.size()) : name] = tensor;
  }
  EXPECT_EQ(describe(old).text_encoders[0].config.layers, 12);
}

TEST(Detect, OtherKindsOfFilesAreNamed) {
  const auto message = [](const std::string& name) {
    formats::TensorFile file;
    file.tensors[name] = {};
    return error_of(ErrorKind::unsupported, [&] { describe(file); });
  };
  EXPECT_TRUE(mentions(message("lora_unet_down_blocks_0.lora_up.weight"), "LoRA"));
  EXPECT_TRUE(mentions(message("control_model.input_blocks.0.0.weight"), "ControlNet"));
  EXPECT_TRUE(mentions(message("decoder.conv_in.weight"), "--vae"));
  EXPECT_TRUE(mentions(message("model.diffusion_model.joint_blocks.0.x"), "Stable Diffusion 3"));
  EXPECT_TRUE(mentions(message("something"), "none of its 1 tensors"));

  auto refiner = listed_file("sdxl");
  std::erase_if(refiner.tensors, [](const auto& entry) { return entry.first.starts_with("conditioner."); });
  refiner.tensors["conditioner.embedders.0.model.ln_final.weight"] = {};
  EXPECT_TRUE(mentions(error_of(ErrorKind::unsupported, [&] { describe(refiner); }), "refiner"));
}

TEST(Detect, MissingOrOddTensorsAreErrorsWithTheirName) {
  auto file = listed_file("sd15");
  file.tensors.at("model.diffusion_model.out.2.weight").shape = {};
  EXPECT_TRUE(mentions(error_of(ErrorKind::corrupt_file, [&] { describe(file); }), "out.2.weight"));
  file.tensors.erase("model.diffusion_model.out.2.weight");
  EXPECT_TRUE(mentions(error_of(ErrorKind::corrupt_file, [&] { describe(file); }), "out.2.weight"));

  file = listed_file("sd15");
  for (auto& [name, tensor] : file.tensors) {
    for (int64_t& size : tensor.shape) size = 0;
  }
  error_of(ErrorKind::corrupt_file, [&] { describe(file); });
}

TEST(Detect, LeftoversAreKnownByName) {
  for (const char* name : {"model_ema.decay", "alphas_cumprod", "cond_stage_model.model.logit_scale", "betas",
                           "cond_stage_model.transformer.text_model.embeddings.position_ids", "denoiser.sigmas"}) {
    EXPECT_TRUE(is_ignorable(name)) << name;
  }
  for (const char* name : {"model.diffusion_model.out.2.weight", "first_stage_model.decoder.conv_in.bias", "ema"}) {
    EXPECT_FALSE(is_ignorable(name)) << name;
  }
}

TEST(Detect, VaeWithDiffusersNames) {
  PartTensors tensors;
  for (const auto& [name, tensor] : tensors_below(listed_file("sd15"), kVaePrefix)) {
    tensors[models::diffusers_vae_name(name, {})] = tensor;
  }
  const auto vae = vae_from_shapes(tensors, /*diffusers=*/true);
  EXPECT_EQ(vae.channels, (Sizes{128, 256, 512, 512}));
  EXPECT_EQ(vae.res_blocks, 2);
}

}  // namespace
}  // namespace darkroom::checkpoint
