#include "checkpoint/detect.h"

#include <algorithm>

#include "base/error.h"
#include "checkpoint/read_config.h"
#include "formats/mapped_file.h"

namespace darkroom::checkpoint {
namespace {

constexpr size_t kLargestConfig = 64 << 20;  // vocabularies included

/// Looks at shapes by name.
struct Shapes {
  const PartTensors& tensors;
  const char* part;

  bool has(const std::string& name) const { return tensors.contains(name); }

  int64_t size(const std::string& name, size_t dimension) const {
    const auto found = tensors.find(name);
    require(found != tensors.end(), ErrorKind::corrupt_file, "{}: tensor \"{}\" is missing; incomplete file?", part,
            name);
    require(dimension < found->second.shape.size(), ErrorKind::corrupt_file,
            "{}: tensor \"{}\" must have at least {} dimensions, found {}", part, name, dimension + 1,
            found->second.shape.size());
    return found->second.shape[dimension];
  }

  /// How many of before0after, before1after, ... there are.
  int64_t count(const std::string& before, const std::string& after) const {
    int64_t n = 0;
    while (has(before + std::to_string(n) + after)) ++n;
    return n;
  }
};

bool has_prefix(const formats::TensorFile& file, std::string_view prefix) {
  const auto first = file.tensors.lower_bound(std::string(prefix));
  return first != file.tensors.end() && first->first.starts_with(prefix);
}

/// Why a file is no checkpoint, as far as its names tell.
[[noreturn]] void fail_unknown(const formats::TensorFile& file) {
  static constexpr std::pair<std::string_view, std::string_view> kinds[] = {
      {"lora_", "this is a LoRA, not a model"},
      {"control_model.", "this is a ControlNet, not a model"},
      {"decoder.", "this is a VAE alone; give it as --vae"},
      {"down_blocks.", "this is a part of a diffusers folder; give the folder with model_index.json"},
      {"text_model.", "this is a text encoder alone"},
      {"double_blocks.", "this is a Flux model, which is not supported"},
      {"model.diffusion_model.joint_blocks.", "this is a Stable Diffusion 3 model, which is not supported"},
      {"model.diffusion_model.double_blocks.", "this is a Flux model, which is not supported"},
  };
  for (const auto& [prefix, meaning] : kinds) {
    if (has_prefix(file, prefix)) fail(ErrorKind::unsupported, "no checkpoint of SD 1.x, 2.x or SDXL: {}", meaning);
  }
  fail(ErrorKind::unsupported, "no checkpoint of SD 1.x, 2.x or SDXL: none of its {} tensors is named \"{}...\"",
       file.tensors.size(), kUNetPrefix);
}

/// The JSON our own files carry, or nothing.
std::optional<Json> stated_config(const formats::TensorFile& file, const std::filesystem::path& path) {
  const auto entry = file.metadata.find("darkroom.config");
  if (entry != file.metadata.end()) return parsed_object(entry->second, "metadata \"darkroom.config\"");
  auto beside = path;
  beside.replace_extension(".darkroom.json");
  if (!std::filesystem::exists(beside)) return std::nullopt;
  return parsed_object(formats::read_text_file(beside, kLargestConfig), beside.string());
}

/// What the file or its neighbour says about the prediction, the way other programs say it.
void read_stated_prediction(const formats::TensorFile& file, const std::filesystem::path& path,
                            ModelDescription& model) {
  const auto entry = file.metadata.find("modelspec.prediction_type");
  if (entry != file.metadata.end() && entry->second.starts_with("v")) model.prediction = Prediction::v;
  if (entry != file.metadata.end() && entry->second.starts_with("eps")) model.prediction = Prediction::eps;
  if (file.tensors.contains("v_pred")) model.prediction = Prediction::v;
  model.noise_schedule.zero_terminal_snr = file.tensors.contains("ztsnr");
  auto beside = path;
  beside.replace_extension(".yaml");
  if (model.prediction || !std::filesystem::exists(beside)) return;
  const std::string yaml = formats::read_text_file(beside, 1 << 20);
  const bool v = yaml.find("parameterization: \"v\"") != std::string::npos ||
                 yaml.find("parameterization: v\n") != std::string::npos;
  model.prediction = v ? Prediction::v : Prediction::eps;
}

}  // namespace

std::vector<PartPlace> text_encoder_places(const formats::TensorFile& file) {
  if (has_prefix(file, "conditioner.embedders.1.model.")) {
    return {{"conditioner.embedders.0.transformer.", false}, {"conditioner.embedders.1.model.", true}};
  }
  require(!has_prefix(file, "conditioner.embedders.0.model."), ErrorKind::unsupported,
          "the SDXL refiner is not supported; give the SDXL base model");
  if (has_prefix(file, "cond_stage_model.model.")) return {{"cond_stage_model.model.", true}};
  return {{"cond_stage_model.transformer.", false}};
}

PartTensors tensors_below(const formats::TensorFile& file, std::string_view prefix) {
  PartTensors part;
  for (auto it = file.tensors.lower_bound(std::string(prefix));
       it != file.tensors.end() && it->first.starts_with(prefix); ++it) {
    part.emplace(it->first.substr(prefix.size()), it->second);
  }
  return part;
}

PartTensors text_encoder_tensors(const formats::TensorFile& file, const PartPlace& place) {
  PartTensors part = tensors_below(file, place.prefix);
  if (place.open_clip || !part.contains("embeddings.token_embedding.weight")) return part;
  PartTensors renamed;
  for (auto& [name, tensor] : part) renamed.emplace("text_model." + name, std::move(tensor));
  return renamed;
}

bool is_ignorable(std::string_view name) {
  static constexpr std::string_view beginnings[] = {
      "model_ema.",
      "embedding_manager.",
      "first_stage_model.loss.",
      "first_stage_model.model_ema.",
      "loss.",
      "posterior_",
      "sqrt_",
      "log_one_minus_",
      "alphas_cumprod",
      "denoiser.sigmas",
      "optimizer_states",
      "callbacks",
      "lr_schedulers",
  };
  static constexpr std::string_view exact[] = {"betas", "logvar", "scale_factor", "v_pred", "ztsnr"};
  static constexpr std::string_view endings[] = {".position_ids", "logit_scale", ".attn_mask"};
  return std::any_of(std::begin(beginnings), std::end(beginnings), [&](auto s) { return name.starts_with(s); }) ||
         std::find(std::begin(exact), std::end(exact), name) != std::end(exact) ||
         std::any_of(std::begin(endings), std::end(endings), [&](auto s) { return name.ends_with(s); });
}

models::UNetConfig unet_from_shapes(const PartTensors& tensors) {
  const Shapes shapes{tensors, "unet"};
  models::UNetConfig unet;
  unet.in_channels = shapes.size("input_blocks.0.0.weight", 1);
  unet.out_channels = shapes.size("out.2.weight", 0);
  unet.channels.clear();
  unet.depth.clear();
  unet.heads.clear();
  std::string transformer = "middle_block.1.";
  for (int64_t entry = 1;; ++entry) {
    const int64_t first = entry;
    while (shapes.has(fmt::format("input_blocks.{}.0.in_layers.2.weight", entry))) ++entry;
    const int64_t blocks = entry - first;
    const std::string start = fmt::format("input_blocks.{}.", first);
    unet.channels.push_back(shapes.size(start + "0.in_layers.2.weight", 0));
    unet.depth.push_back(shapes.count(start + "1.transformer_blocks.", ".norm1.weight"));
    if (unet.depth.back() > 0) transformer = start + "1.";
    if (first == 1) unet.res_blocks = blocks;
    require(blocks == unet.res_blocks, ErrorKind::corrupt_file,
            "unet: every level must have the same number of residual blocks, found {} and {}", unet.res_blocks, blocks);
    if (!shapes.has(fmt::format("input_blocks.{}.0.op.weight", entry))) break;
  }
  unet.middle_depth = shapes.count("middle_block.1.transformer_blocks.", ".norm1.weight");
  unet.context = shapes.size(transformer + "transformer_blocks.0.attn2.to_k.weight", 1);
  unet.linear_projections =
      tensors.contains(transformer + "proj_in.weight") && tensors.at(transformer + "proj_in.weight").shape.size() == 2;
  unet.vector = shapes.has("label_emb.0.0.weight") ? shapes.size("label_emb.0.0.weight", 1) : 0;
  const bool sd1 = unet.vector == 0 && unet.context < 1024;
  for (const int64_t channels : unet.channels) unet.heads.push_back(sd1 ? 8 : channels / 64);
  check_sizes(unet);
  return unet;
}

models::VaeConfig vae_from_shapes(const PartTensors& tensors, bool diffusers) {
  const Shapes shapes{tensors, "vae"};
  const std::string down = diffusers ? "encoder.down_blocks." : "encoder.down.",
                    block = diffusers ? ".resnets." : ".block.";
  models::VaeConfig vae;
  vae.picture_channels = shapes.size("encoder.conv_in.weight", 1);
  require(vae.picture_channels == 3, ErrorKind::unsupported, "vae: pictures must have 3 channels, found {}",
          vae.picture_channels);
  vae.latent_channels = shapes.size("decoder.conv_in.weight", 1);
  vae.res_blocks = shapes.count(down + "0" + block, ".conv1.weight");
  vae.channels.clear();
  for (int64_t level = 0; shapes.has(down + std::to_string(level) + block + "0.conv1.weight"); ++level) {
    vae.channels.push_back(shapes.size(down + std::to_string(level) + block + "0.conv1.weight", 0));
  }
  check_sizes(vae);
  return vae;
}

models::ClipTextConfig clip_text_from_shapes(const PartTensors& tensors, bool open_clip) {
  const Shapes shapes{tensors, "text encoder"};
  const std::string embeddings = open_clip ? "" : "text_model.embeddings.";
  const std::string layers = open_clip ? "transformer.resblocks." : "text_model.encoder.layers.";
  models::ClipTextConfig text;
  text.vocabulary = shapes.size(embeddings + "token_embedding.weight", 0);
  text.width = shapes.size(embeddings + "token_embedding.weight", 1);
  text.positions =
      shapes.size(open_clip ? "positional_embedding" : "text_model.embeddings.position_embedding.weight", 0);
  text.layers = shapes.count(layers, open_clip ? ".ln_1.weight" : ".layer_norm1.weight");
  text.inner = shapes.size(layers + (open_clip ? "0.mlp.c_fc.weight" : "0.mlp.fc1.weight"), 0);
  text.heads = text.width / 64;
  text.activation = open_clip ? models::TextActivation::gelu : models::TextActivation::quick_gelu;
  check_sizes(text);
  return text;
}

ModelDescription describe_single_file(const formats::TensorFile& file, const std::filesystem::path& path) {
  const PartTensors unet = tensors_below(file, kUNetPrefix);
  if (!unet.contains("input_blocks.0.0.weight")) fail_unknown(file);
  const auto places = text_encoder_places(file);
  if (const auto config = stated_config(file, path)) return description_from(*config);

  ModelDescription model;
  model.unet = unet_from_shapes(unet);
  if (has_prefix(file, kVaePrefix)) model.vae = vae_from_shapes(tensors_below(file, kVaePrefix), /*diffusers=*/false);
  for (const PartPlace& place : places) {
    const PartTensors tensors = text_encoder_tensors(file, place);
    TextEncoderDescription& encoder = model.text_encoders.emplace_back();
    encoder.config = clip_text_from_shapes(tensors, place.open_clip);
    if (place.open_clip) encoder.pad_token = std::string("!");
    if (place.open_clip && places.size() == 2) {
      encoder.config.projection = Shapes{tensors, "text encoder"}.size("text_projection", 1);
    }
  }
  model.family = family_of(model);
  if (model.family == Family::sd2) {
    // The original file holds 24 layers and uses 23; files converted back from diffusers hold 23.
    auto& text = model.text_encoders[0].config;
    if (!(text.width == 1024 && text.layers == 23)) text.layers -= 1;
    check_sizes(text);
  }
  if (model.family == Family::sdxl) {
    model.vae.scale = 0.13025;
    model.sample_size = 128;
    model.zeros_for_empty_negative = true;
  }
  check_parts(model);
  read_stated_prediction(file, path, model);
  if (!model.prediction && (model.family != Family::sd2 || model.is_inpainting())) model.prediction = Prediction::eps;
  if (model.family == Family::sd2 && model.prediction == Prediction::v) model.sample_size = kSampleSizeOfV2;
  return model;
}

}  // namespace darkroom::checkpoint
