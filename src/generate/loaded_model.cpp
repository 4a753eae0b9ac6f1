#include "generate/loaded_model.h"

#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "checkpoint/load_taesd.h"
#include "formats/utf8.h"
#include "generate/default_model.h"
#include "generate/devices.h"
#include "generate/model_hash.h"
#include "generate/network_device.h"
#include "generate/precision.h"
#include "layers/bf16_kernels.h"
#include "layers/tensor_memory.h"

namespace darkroom::generate {
namespace {

namespace fs = std::filesystem;
using checkpoint::Family;
using prompt::Tokenizer;

std::shared_ptr<const Tokenizer> tokenizer_of(const checkpoint::TextEncoderDescription& encoder) {
  const auto tokenizer = encoder.tokenizer
                             ? std::make_shared<const Tokenizer>(
                                   Tokenizer::from_texts(encoder.tokenizer->vocab_json, encoder.tokenizer->merges_txt))
                             : std::shared_ptr<const Tokenizer>(std::shared_ptr<void>(), &Tokenizer::clip());
  require(tokenizer->size() <= encoder.config.vocabulary, ErrorKind::unsupported,
          "its text encoder knows {} tokens, but {} vocabulary has {}; is there a diffusers folder of this model?",
          encoder.config.vocabulary, encoder.tokenizer ? "its" : "CLIP's, which a model without one stands for, the",
          tokenizer->size());
  return tokenizer;
}

diffusion::NoiseScheduleConfig config_of(const checkpoint::NoiseScheduleNumbers& numbers) {
  return {.curve = diffusion::beta_curve_named(numbers.beta_schedule),
          .beta_start = numbers.beta_start,
          .beta_end = numbers.beta_end,
          .timesteps = numbers.timesteps,
          .zero_terminal_snr = numbers.zero_terminal_snr};
}

fs::path place_of(const std::string& model) {
  const fs::path path = model.empty() ? default_model() : fs::path(model);
  return path.has_filename() ? path : path.parent_path();  // "folder/" is "folder"
}

checkpoint::Checkpoint loaded(const ModelChoice& choice, at::ScalarType unet_dtype, at::ScalarType vae_dtype) {
  auto checkpoint = checkpoint::load_checkpoint(
      place_of(choice.model), {.unet_dtype = unet_dtype, .vae_dtype = vae_dtype, .keep_half = true, .vae = choice.vae});
  const int64_t channels = checkpoint.vae->config.latent_channels;
  const models::UNetConfig& unet = checkpoint.unet->config;
  require((unet.in_channels == channels || checkpoint.description.is_inpainting()) && unet.out_channels == channels,
          ErrorKind::unsupported,
          "load {}: its UNet takes {} channels and answers {}, its latents have {}; models that edit a picture by "
          "instruction are not supported yet",
          formats::in_quotes(choice.model), unet.in_channels, unet.out_channels, channels);
  return checkpoint;
}

std::unique_ptr<models::TaesdDecoder> loaded_taesd(const ModelChoice& choice, const models::VaeConfig& vae) {
  require(choice.vae_decoder != "TAESD" || !choice.taesd.empty(), ErrorKind::invalid_request,
          "--vae-decoder: TAESD needs its weights; give taesd_decoder.safetensors with --taesd");
  if (choice.taesd.empty()) return nullptr;
  auto decoder = checkpoint::load_taesd(choice.taesd);
  require(decoder->config.latent_channels == vae.latent_channels && decoder->kReduction == vae.reduction(),
          ErrorKind::invalid_request,
          "load {}: it decodes {} channels at {} pixels each, this model's latents have {} at {}",
          formats::in_quotes(choice.taesd), decoder->config.latent_channels, decoder->kReduction, vae.latent_channels,
          vae.reduction());
  return decoder;
}

std::shared_future<std::string> hash_of(const fs::path& path) {
  return std::async(std::launch::async, [path] { return model_hash(path); }).share();
}

at::ScalarType dtype_of(const std::string& asked, bool has_bf16) {
  const PrecisionChoice choice = chosen_precision(precision_named(asked), has_bf16);
  if (!choice.note.empty()) log_info("{}", choice.note);
  return choice.arithmetic == Arithmetic::bf16 ? at::kBFloat16 : at::kFloat;
}

Settings recommended_of(const checkpoint::ModelDescription& model) {
  const checkpoint::RecommendedSettings& advice = model.recommended;
  Settings settings;
  const auto advise = [&](const char* name, const auto& value) {
    if (value) settings[name] = fmt::format("{}", *value);
  };
  const int trained_side = int(model.sample_size * model.vae.reduction());
  advise("width", std::optional(advice.width.value_or(trained_side)));
  advise("height", std::optional(advice.height.value_or(trained_side)));
  advise("steps", advice.steps);
  advise("clip_skip", advice.clip_skip);
  advise("cfg_scale", advice.cfg_scale);
  advise("sampler_name", advice.sampler);
  advise("scheduler", advice.schedule);
  advise("negative_prompt", advice.negative_prompt);
  return settings;
}

}  // namespace

LoadedModel::Parts::Parts(const ModelChoice& choice, at::ScalarType unet_dtype, at::ScalarType vae_dtype)
    : checkpoint(loaded(choice, unet_dtype, vae_dtype)),
      adapters(std::make_unique<ModelAdapters>(checkpoint)),
      noise_schedule(config_of(checkpoint.description.noise_schedule)),
      prediction(checkpoint.description.prediction == checkpoint::Prediction::v ? diffusion::Prediction::v
                                                                                : diffusion::Prediction::epsilon),
      unet_dtype(unet_dtype),
      vae_dtype(vae_dtype),
      taesd(loaded_taesd(choice, checkpoint.vae->config)),
      decodes_with_taesd(choice.vae_decoder == "TAESD"),
      place_(place_of(choice.model)),
      vae_place_(choice.vae.empty() ? place_of(choice.model) : fs::path(choice.vae)),
      has_own_vae_(!choice.vae.empty()) {
  const fs::path path = place_of(choice.model);
  try {
    for (const auto& encoder : checkpoint.description.text_encoders) tokenizers.push_back(tokenizer_of(encoder));
  } catch (const Error& error) {
    throw error.within("load " + formats::in_quotes(path.string()));
  }
  name = fs::is_directory(path) ? path.filename().string() : path.stem().string();
  if (has_own_vae_) vae_name = place_of(choice.vae).filename().string();
  device = at::Device(used_device());
  if (device.is_cpu()) return;
  accelerator_ = std::make_unique<NetworkDevice>(device, networks_by_name(checkpoint));
  place_on(*accelerator_);
}

void LoadedModel::Parts::start_hashing() const {
  std::call_once(hashing_, [this] {
    hash_ = hash_of(place_);
    if (has_own_vae_) vae_hash_ = hash_of(vae_place_);
  });
}

std::string LoadedModel::Parts::hash() const {
  start_hashing();
  return hash_.get();
}

std::string LoadedModel::Parts::vae_hash() const {
  start_hashing();
  return has_own_vae_ ? vae_hash_.get() : "";
}

ModelChoice model_choice(const GenerateRequest& request) {
  return {.model = request.model,
          .vae = request.vae,
          .precision = request.precision,
          .vae_precision = request.vae_precision,
          .vae_decoder = request.vae_decoder,
          .taesd = request.taesd};
}

bool computes_bf16() {
  return layers::has_bf16_kernels();
}

LoadedModel::LoadedModel(const ModelChoice& choice) {
  layers::use_tensor_memory();
  const at::ScalarType unet = dtype_of(choice.precision, choice.has_bf16);
  // Where both are asked for the same, the note of why it is another has been given.
  const bool same = choice.vae_precision == "auto" || choice.vae_precision == choice.precision;
  parts_ = std::make_unique<Parts>(choice, unet, same ? unet : dtype_of(choice.vae_precision, choice.has_bf16));
  release_memory();  // networks are built before their weights take the place of what they were built with
}

const models::AutoencoderKL& LoadedModel::Parts::fp32_vae() const {
  const models::AutoencoderKL& vae = *checkpoint.vae;
  if (vae_dtype == at::kFloat) return vae;
  if (!fp32_vae_) fp32_vae_ = checkpoint::load_vae(vae_place_, vae.config.scale, {.keep_half = true});
  return *fp32_vae_;
}

LoadedModel::~LoadedModel() = default;

Settings LoadedModel::recommended() const {
  return recommended_of(parts_->checkpoint.description);
}

Settings recommended_settings(const std::string& model) {
  return recommended_of(checkpoint::describe_checkpoint(place_of(model)));
}

diffusion::NoiseSchedule noise_schedule_of(const LoadedModel::Parts& parts, const GenerateRequest& request) {
  diffusion::NoiseScheduleConfig config = config_of(parts.checkpoint.description.noise_schedule);
  config.downcast = request.downcast_alphas;
  config.zero_terminal_snr |= request.noise_schedule == "Zero Terminal SNR";
  return diffusion::NoiseSchedule(config);
}

std::vector<prompt::TextEncoder> text_encoders(const LoadedModel::Parts& parts, int clip_skip) {
  const checkpoint::ModelDescription& model = parts.checkpoint.description;
  const bool is_sdxl = model.family == Family::sdxl;
  std::vector<prompt::TextEncoder> encoders;
  for (size_t i = 0; i < parts.checkpoint.text_encoders.size(); ++i) {
    const models::ClipText& network = *parts.checkpoint.text_encoders[i];
    const prompt::Tokenizer& tokenizer = *parts.tokenizers[i];
    // Parity: A1111's CLIP skip acts on SD 1.x alone; the others always read the layer they were trained with.
    const int64_t skipped = is_sdxl ? 1 : model.family == Family::sd1 ? clip_skip - 1 : 0;
    require(skipped < network.config.layers, ErrorKind::invalid_request,
            "--clip-skip: the text encoder of this model has {} layers, {} was given", network.config.layers,
            clip_skip);
    encoders.push_back({.network = &network,
                        .tokenizer = &tokenizer,
                        .pad = tokenizer.token_id(model.text_encoders[i].pad_token).value_or(tokenizer.eos()),
                        .skipped = skipped,
                        .final_norm = !is_sdxl,
                        .has_pooled = network.config.projection > 0 && is_sdxl && i == 1});
  }
  return encoders;
}

}  // namespace darkroom::generate
