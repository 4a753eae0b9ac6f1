#include "checkpoint/save.h"

#include "checkpoint/detect.h"
#include "fixtures.h"
#include "formats/file_kind.h"

namespace darkroom::checkpoint {
namespace {

ModelToSave to_save(const Checkpoint& model) {
  ModelToSave out{model.description, {}, model.unet.get(), model.vae.get()};
  for (const auto& text : model.text_encoders) out.text_encoders.push_back(text.get());
  return out;
}

class SaveFamily : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, SaveFamily, testing::Values("sd15", "sd21", "sdxl"));

/// What both forms must bring back.
void expect_same_model(const Checkpoint& actual, const Checkpoint& expected) {
  expect_same_parameters(actual, expected);
  const ModelDescription &a = actual.description, &b = expected.description;
  EXPECT_EQ(a.family, b.family);
  EXPECT_EQ(a.prediction, b.prediction);
  EXPECT_EQ(a.unet.heads, b.unet.heads);
  EXPECT_EQ(a.unet.depth, b.unet.depth);
  EXPECT_EQ(a.unet.groups, b.unet.groups);
  EXPECT_EQ(a.vae.scale, b.vae.scale);
  EXPECT_EQ(a.sample_size, b.sample_size);
  EXPECT_EQ(a.size_embedding, b.size_embedding);
  EXPECT_EQ(a.zeros_for_empty_negative, b.zeros_for_empty_negative);
  EXPECT_EQ(a.recommended, b.recommended);
  for (size_t i = 0; i < b.text_encoders.size(); ++i) {
    EXPECT_EQ(a.text_encoders[i].config.activation, b.text_encoders[i].config.activation);
    EXPECT_EQ(a.text_encoders[i].pad_token, b.text_encoders[i].pad_token);
    EXPECT_EQ(a.text_encoders[i].tokenizer->vocab_json, b.text_encoders[i].tokenizer->vocab_json);
  }
}

TEST_P(SaveFamily, FolderComesBackBitForBit) {
  const ScratchFolder folder;
  Checkpoint model = load_checkpoint(tiny(GetParam()));
  model.description.recommended.cfg_scale = 4.5;
  model.description.recommended.sampler = "Euler";
  save_diffusers_folder(to_save(model), folder / "model");
  expect_same_model(load_checkpoint(folder / "model"), model);
}

TEST_P(SaveFamily, SingleFileComesBackBitForBit) {
  const ScratchFolder folder;
  Checkpoint model = load_checkpoint(tiny(GetParam()));
  model.description.recommended.steps = 25;
  save_single_file(to_save(model), folder / "model.safetensors");
  expect_same_model(load_checkpoint(folder / "model.safetensors"), model);
}

TEST_P(SaveFamily, SingleFileHasTheNamesAndShapesOfTheOriginalConverter) {
  const ScratchFolder folder;
  save_single_file(to_save(load_checkpoint(tiny(GetParam()))), folder / "model.safetensors");
  const auto shapes = [](const std::filesystem::path& path) {
    std::map<std::string, std::vector<int64_t>> out;
    for (const auto& [name, tensor] : formats::read_tensor_file(path).tensors) {
      if (!is_ignorable(name)) out.emplace(name, tensor.shape);
    }
    return out;
  };
  EXPECT_EQ(shapes(folder / "model.safetensors"), shapes(tiny(GetParam() + ".safetensors")));
}

TEST(Save, FolderHasDiffusersNamesShapesAndTypes) {
  const ScratchFolder folder;
  save_diffusers_folder(to_save(load_checkpoint(tiny("sdxl"))), folder / "model");
  for (const char* part : {"unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors",
                           "text_encoder/model.safetensors", "text_encoder_2/model.safetensors"}) {
    const auto ours = formats::read_tensor_file(folder / "model" / part).tensors;
    const auto theirs = formats::read_tensor_file(tiny("sdxl") / part).tensors;
    ASSERT_EQ(ours.size(), theirs.size()) << part;
    for (const auto& [name, tensor] : theirs) {
      ASSERT_TRUE(ours.contains(name)) << part << " " << name;
      EXPECT_EQ(ours.at(name).shape, tensor.shape) << part << " " << name;
      EXPECT_EQ(ours.at(name).dtype, tensor.dtype) << part << " " << name;
    }
  }
  EXPECT_EQ(formats::read_tensor_file(folder / "model/unet/diffusion_pytorch_model.safetensors").metadata.at("format"),
            "pt");
}

TEST(Save, AFolderWithoutATokenizerIsRefused) {
  const ScratchFolder folder;
  Checkpoint model = load_checkpoint(tiny("sd15"));
  model.description.text_encoders[0].tokenizer.reset();
  const std::string message =
      error_of(ErrorKind::invalid_request, [&] { save_diffusers_folder(to_save(model), folder / "model"); });
  EXPECT_TRUE(mentions(message, "vocab.json")) << message;
  EXPECT_FALSE(std::filesystem::exists(folder / "model/model_index.json"));
}

TEST(Save, AnUnwritablePlaceIsAnError) {
  const ScratchFolder folder;
  write_text(folder / "file", "");
  const Checkpoint model = load_checkpoint(tiny("sd15"));
  error_of(ErrorKind::io, [&] { save_diffusers_folder(to_save(model), folder / "file/model"); });
  EXPECT_THROW(save_single_file(to_save(model), folder / "file/model.safetensors"), Error);
}

TEST(Save, VaeAlone) {
  const ScratchFolder folder;
  const Checkpoint model = load_checkpoint(tiny("sd15"));
  save_vae(*model.vae, folder / "vae");
  const auto vae = load_vae(folder / "vae", 1.0);
  EXPECT_EQ(vae->config.scale, 0.18215);
  auto expected = model.vae->named_parameters();
  auto actual = vae->named_parameters();
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(at::equal(*actual[i].second, *expected[i].second)) << expected[i].first;
  }
}

}  // namespace
}  // namespace darkroom::checkpoint
