#include "checkpoint/load.h"

#include "checkpoint/detect.h"
#include "fixtures.h"
#include "formats/file_kind.h"
#include "formats/safetensors.h"
#include "models/names.h"

namespace darkroom::checkpoint {
namespace {

namespace fs = std::filesystem;

using Entries = std::vector<std::pair<std::string, formats::StoredTensor>>;

class LoadFamily : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, LoadFamily, testing::Values("sd15", "sd21", "sdxl"));

TEST_P(LoadFamily, EveryContainerHoldsTheSameTensors) {
  const Checkpoint folder = load_checkpoint(tiny(GetParam()));
  expect_same_parameters(load_checkpoint(tiny(GetParam() + ".safetensors")), folder);
  expect_same_parameters(load_checkpoint(tiny(GetParam() + ".ckpt")), folder);
}

TEST_P(LoadFamily, EveryContainerSaysTheSameOfItsModel) {
  for (const std::string file : {"", ".safetensors", ".ckpt"}) {
    const ModelDescription model = load_checkpoint(tiny(GetParam() + file)).description;
    EXPECT_EQ(model.family, GetParam() == "sd15" ? Family::sd1 : GetParam() == "sd21" ? Family::sd2 : Family::sdxl);
    EXPECT_EQ(model.prediction, GetParam() == "sd21" ? Prediction::v : Prediction::eps);
    EXPECT_EQ(model.recommended.width, 64);
    EXPECT_EQ(model.vae.scale, GetParam() == "sdxl" ? 0.13025 : 0.18215);
    for (const auto& encoder : model.text_encoders) {
      ASSERT_TRUE(encoder.tokenizer.has_value());
      EXPECT_EQ(encoder.tokenizer->merges_txt, read_text(tiny("sd15/tokenizer/merges.txt")));
      EXPECT_EQ(encoder.pad_token, "<|endoftext|>");
    }
  }
}

TEST(Load, LegacyTorchFile) {
  expect_same_parameters(load_checkpoint(tiny("sd15_legacy.ckpt")), load_checkpoint(tiny("sd15")));
}

TEST(Load, WeightsOfTheWantedTypeStayInTheFile) {
  const LoadOptions half{.unet_dtype = at::kHalf};
  const Checkpoint a = load_checkpoint(tiny("sd15.safetensors"), half);
  EXPECT_EQ(a.unet->out_conv.weight.scalar_type(), at::kHalf);
  EXPECT_EQ(a.vae->quant_conv.weight.scalar_type(), at::kFloat);
  LoadOptions writable = half;
  writable.writable = true;
  const Checkpoint b = load_checkpoint(tiny("sd15.safetensors"), writable);
  EXPECT_TRUE(at::equal(a.unet->out_conv.weight, b.unet->out_conv.weight));
  b.unet->out_conv.weight.fill_(1);  // would end the program if it lay in the read-only mapping
  EXPECT_FALSE(at::equal(a.unet->out_conv.weight, b.unet->out_conv.weight));
}

/// The tensors of a file, to change some and write again with the same metadata.
struct Copy {
  formats::TensorFile file = formats::read_tensor_file(tiny("sd15.safetensors"));

  fs::path write(const fs::path& path) const {
    formats::write_safetensors(path, Entries(file.tensors.begin(), file.tensors.end()), file.metadata);
    return path;
  }
};

TEST(Load, MissingUnusedAndMisshapenTensorsAreAllListed) {
  const ScratchFolder folder;
  Copy copy;
  const auto some = copy.file.tensors.at("first_stage_model.quant_conv.bias");
  copy.file.tensors.erase("model.diffusion_model.out.2.bias");
  copy.file.tensors["first_stage_model.extra"] = some;
  copy.file.tensors["elsewhere"] = some;
  copy.file.tensors["first_stage_model.post_quant_conv.bias"] = some;
  const fs::path path = copy.write(folder / "changed.safetensors");
  const std::string message = error_of(ErrorKind::corrupt_file, [&] { load_checkpoint(path); });
  EXPECT_TRUE(mentions(message, "load \"" + path.string() + "\"")) << message;
  EXPECT_TRUE(mentions(message, "1 parameters without a tensor: model.diffusion_model.out.2.bias")) << message;
  EXPECT_TRUE(mentions(message, "2 tensors without a use: first_stage_model.extra, elsewhere")) << message;
  EXPECT_TRUE(mentions(message, "first_stage_model.post_quant_conv.bias (file F16 [8], model [4])")) << message;
}

TEST(Load, AveragedCopiesAreIgnored) {
  const ScratchFolder folder;
  Copy copy;
  copy.file.tensors["model_ema.num_updates"] = copy.file.tensors.at("first_stage_model.quant_conv.bias");
  expect_same_parameters(load_checkpoint(copy.write(folder / "ema.safetensors")), load_checkpoint(tiny("sd15")));
}

TEST(Load, OldestTextEncoderNames) {
  const ScratchFolder folder;
  Copy copy, old;
  old.file.tensors.clear();
  for (const auto& [name, tensor] : copy.file.tensors) {
    const size_t at = name.find(".text_model.");
    old.file.tensors[at == name.npos ? name : name.substr(0, at) + name.substr(at + 11)] = tensor;
  }
  expect_same_parameters(load_checkpoint(old.write(folder / "old.safetensors")), load_checkpoint(tiny("sd15")));
}

void expect_vae(const Checkpoint& model, const Checkpoint& expected, const std::string& what) {
  for (const auto& [name, parameter] : model.vae->named_parameters()) {
    EXPECT_TRUE(at::equal(*parameter, all_parameters(expected).at("vae: " + name))) << what << ": " << name;
  }
}

TEST(Load, VaeOfAnotherFolder) {
  const Checkpoint sdxl = load_checkpoint(tiny("sdxl"));
  for (const char* place : {"sdxl", "sdxl/vae"}) {
    const Checkpoint model = load_checkpoint(tiny("sd15"), {.vae = tiny(place)});
    expect_vae(model, sdxl, place);
    EXPECT_EQ(model.description.vae.scale, 0.13025);  // as its config says
  }
}

TEST(Load, VaeOfAnotherFile) {
  const ScratchFolder folder;
  const Checkpoint model = rule_abiding_sd2(folder / "model.safetensors");
  Entries original, older;
  for (const auto& [name, tensor] : formats::read_tensor_file(folder / "model.safetensors").tensors) {
    if (!name.starts_with(kVaePrefix)) continue;
    const std::string own = name.substr(kVaePrefix.size());
    original.emplace_back(own, tensor);
    auto flat = tensor;
    if (mentions(own, "attn_1") && flat.shape.size() == 4) flat.shape.resize(2);
    older.emplace_back(models::older_diffusers_vae_name(own, model.vae->config), flat);
  }
  formats::write_safetensors(folder / "original.safetensors", original);
  formats::write_safetensors(folder / "older.safetensors", older);
  for (const char* file : {"model.safetensors", "original.safetensors", "older.safetensors"}) {
    const Checkpoint loaded = load_checkpoint(tiny("sd15"), {.vae = folder / file});
    expect_vae(loaded, model, file);
    EXPECT_EQ(loaded.description.vae.scale, 0.18215);  // a file says nothing: the checkpoint's own
  }
  const std::string message =
      error_of(ErrorKind::unsupported, [&] { load_vae(tiny("sd15/text_encoder/pytorch_model.bin"), 1); });
  EXPECT_TRUE(mentions(message, "no VAE")) << message;
}

TEST(Load, AFolderWithoutItsPartsSaysWhatIsMissing) {
  const ScratchFolder folder;
  fs::copy(tiny("sd15"), folder / "model", fs::copy_options::recursive);
  fs::remove(folder / "model/unet/diffusion_pytorch_model.safetensors");
  EXPECT_TRUE(mentions(error_of(ErrorKind::not_found, [&] { load_checkpoint(folder / "model"); }), "unet"));
  fs::remove(folder / "model/vae/config.json");
  EXPECT_TRUE(mentions(error_of(ErrorKind::not_found, [&] { load_checkpoint(folder / "model"); }), "config.json"));
  fs::remove(folder / "model/model_index.json");
  EXPECT_TRUE(mentions(error_of(ErrorKind::not_found, [&] { load_checkpoint(folder / "model"); }), "model_index.json"));
  error_of(ErrorKind::not_found, [&] { load_checkpoint(folder / "nothing"); });
}

TEST(Load, DamagedFilesAreErrors) {
  const ScratchFolder folder;
  const std::string whole = read_text(tiny("sd15.safetensors"));
  for (const size_t size : {size_t(0), size_t(7), size_t(5000), whole.size() - 1}) {
    write_text(folder / "cut.safetensors", whole.substr(0, size));
    EXPECT_THROW(load_checkpoint(folder / "cut.safetensors"), Error) << size;
  }
  write_text(folder / "text.safetensors", std::string(100, 'x'));
  EXPECT_THROW(load_checkpoint(folder / "text.safetensors"), Error);
}

TEST(Load, AHugeConfigIsAnErrorNotACrash) {
  const ScratchFolder folder;
  Copy copy;
  std::string& config = copy.file.metadata.at("darkroom.config");
  const std::string before = "\"cross_attention_dim\": 16";
  ASSERT_TRUE(mentions(config, before));
  config.replace(config.find(before), before.size(), "\"cross_attention_dim\": 999999999");
  EXPECT_THROW(load_checkpoint(copy.write(folder / "huge.safetensors")), Error);
}

TEST(Load, AnSd2FileThatDoesNotSayItsPredictionIsAsked) {
  const ScratchFolder folder;
  rule_abiding_sd2(folder / "model.safetensors");
  formats::TensorFile file = formats::read_tensor_file(folder / "model.safetensors");
  file.metadata.clear();
  // With the last layer a constant, what the UNet answers is known: far below the picture it was given, or not.
  auto& weight = file.tensors.at("model.diffusion_model.out.2.weight");
  weight = stored_tensor(at::zeros(weight.shape));
  for (const auto& [bias, expected] : {std::pair(-2.0f, Prediction::v), std::pair(0.0f, Prediction::eps)}) {
    file.tensors.at("model.diffusion_model.out.2.bias") = stored_tensor(at::full({4}, bias));
    formats::write_safetensors(folder / "silent.safetensors", Entries(file.tensors.begin(), file.tensors.end()));
    EXPECT_FALSE(describe_checkpoint(folder / "silent.safetensors").prediction.has_value());
    const Checkpoint loaded = load_checkpoint(folder / "silent.safetensors");
    EXPECT_EQ(loaded.description.family, Family::sd2);
    EXPECT_EQ(loaded.description.prediction, expected);
    EXPECT_EQ(loaded.description.sample_size, expected == Prediction::v ? 96 : 64);
  }
}

}  // namespace
}  // namespace darkroom::checkpoint
