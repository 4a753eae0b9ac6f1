#include "checkpoint/write_config.h"

#include "base/error.h"

namespace darkroom::checkpoint {
namespace {

constexpr const char* kDiffusersVersion = "0.27.2";  // whose configs these are; newer ones read them too
constexpr int64_t kStandardVocabulary = 49408;

int64_t token_id(const Json& vocabulary, const char* token, int64_t standard) {
  if (vocabulary.is_null()) return standard;
  require(vocabulary.contains(token) && vocabulary[token].is_number_integer(), ErrorKind::corrupt_file,
          "vocab.json: token \"{}\" is missing", token);
  return vocabulary[token].get<int64_t>();
}

}  // namespace

Json unet_json(const ModelDescription& model) {
  const models::UNetConfig& unet = model.unet;
  const size_t levels = unet.channels.size();
  require(unet.middle_depth > 0 && (unet.depth.back() == 0 || unet.depth.back() == unet.middle_depth),
          ErrorKind::unsupported,
          "write a UNet config: diffusers needs attention in the middle, as deep as in the last level");
  Json down, up, depth;
  for (size_t i = 0; i < levels; ++i) {
    down.push_back(unet.depth[i] > 0 ? "CrossAttnDownBlock2D" : "DownBlock2D");
    up.push_back(unet.depth[levels - 1 - i] > 0 ? "CrossAttnUpBlock2D" : "UpBlock2D");
    depth.push_back(i + 1 == levels ? unet.middle_depth : std::max<int64_t>(unet.depth[i], 1));
  }
  Json json = {{"_class_name", "UNet2DConditionModel"},
               {"_diffusers_version", kDiffusersVersion},
               {"act_fn", "silu"},
               {"attention_head_dim", unet.heads},
               {"block_out_channels", unet.channels},
               {"center_input_sample", false},
               {"cross_attention_dim", unet.context},
               {"down_block_types", down},
               {"downsample_padding", 1},
               {"flip_sin_to_cos", true},
               {"freq_shift", 0},
               {"in_channels", unet.in_channels},
               {"layers_per_block", unet.res_blocks},
               {"mid_block_scale_factor", 1},
               {"mid_block_type", "UNetMidBlock2DCrossAttn"},
               {"norm_eps", 1e-5},
               {"norm_num_groups", unet.groups},
               {"out_channels", unet.out_channels},
               {"sample_size", model.sample_size},
               {"transformer_layers_per_block", depth},
               {"up_block_types", up},
               {"use_linear_projection", unet.linear_projections}};
  if (unet.vector > 0) {
    json["addition_embed_type"] = "text_time";
    json["addition_time_embed_dim"] = model.size_embedding;
    json["projection_class_embeddings_input_dim"] = unet.vector;
  }
  return json;
}

Json vae_json(const models::VaeConfig& vae) {
  const std::vector<std::string> down(vae.channels.size(), "DownEncoderBlock2D");
  const std::vector<std::string> up(vae.channels.size(), "UpDecoderBlock2D");
  return {{"_class_name", "AutoencoderKL"},
          {"_diffusers_version", kDiffusersVersion},
          {"act_fn", "silu"},
          {"block_out_channels", vae.channels},
          {"down_block_types", down},
          {"in_channels", vae.picture_channels},
          {"latent_channels", vae.latent_channels},
          {"layers_per_block", vae.res_blocks},
          {"norm_num_groups", vae.groups},
          {"out_channels", vae.picture_channels},
          {"scaling_factor", vae.scale},
          {"up_block_types", up}};
}

Json clip_text_json(const TextEncoderDescription& encoder) {
  const models::ClipTextConfig& text = encoder.config;
  const Json vocabulary = encoder.tokenizer ? parsed_object(encoder.tokenizer->vocab_json, "vocab.json") : Json();
  const int64_t bos = token_id(vocabulary, "<|startoftext|>", 49406);
  const int64_t eos = token_id(vocabulary, "<|endoftext|>", 49407);
  const std::string name = text.projection > 0 ? "CLIPTextModelWithProjection" : "CLIPTextModel";
  return {{"architectures", {name}},
          {"attention_dropout", 0.0},
          {"bos_token_id", bos},
          {"eos_token_id", eos},
          {"pad_token_id", token_id(vocabulary, encoder.pad_token.c_str(), encoder.pad_token == "!" ? 0 : 49407)},
          {"hidden_act", text.activation == models::TextActivation::gelu ? "gelu" : "quick_gelu"},
          {"hidden_size", text.width},
          {"intermediate_size", text.inner},
          {"layer_norm_eps", text.eps},
          {"max_position_embeddings", text.positions},
          {"model_type", "clip_text_model"},
          {"num_attention_heads", text.heads},
          {"num_hidden_layers", text.layers},
          {"projection_dim", text.projection > 0 ? text.projection : text.width},
          {"vocab_size", text.vocabulary}};
}

Json scheduler_json(const ModelDescription& model) {
  require(model.prediction.has_value(), ErrorKind::internal, "write a scheduler config: the prediction must be known");
  const NoiseScheduleNumbers& numbers = model.noise_schedule;
  return {{"_class_name", "EulerDiscreteScheduler"},
          {"_diffusers_version", kDiffusersVersion},
          {"beta_end", numbers.beta_end},
          {"beta_schedule", numbers.beta_schedule},
          {"beta_start", numbers.beta_start},
          {"interpolation_type", "linear"},
          {"num_train_timesteps", numbers.timesteps},
          {"prediction_type", model.prediction == Prediction::v ? "v_prediction" : "epsilon"},
          {"rescale_betas_zero_snr", numbers.zero_terminal_snr},
          {"steps_offset", 1},
          {"timestep_spacing", "linspace"},  // our uniform schedule
          {"trained_betas", nullptr}};
}

Json recommended_json(const RecommendedSettings& settings) {
  Json json = Json::object();
  const auto write = [&](const char* key, const auto& value) {
    if (value) json[key] = *value;
  };
  write("width", settings.width);
  write("height", settings.height);
  write("steps", settings.steps);
  write("clip_skip", settings.clip_skip);
  write("cfg_scale", settings.cfg_scale);
  write("sampler", settings.sampler);
  write("schedule", settings.schedule);
  write("negative_prompt", settings.negative_prompt);
  return json;
}

Json model_index_json(const ModelDescription& model) {
  const Json none = {nullptr, nullptr};
  const bool inpaint = model.is_inpainting();
  Json json = {{"_diffusers_version", kDiffusersVersion},
               {"feature_extractor", none},
               {"scheduler", {"diffusers", "EulerDiscreteScheduler"}},
               {"text_encoder", {"transformers", "CLIPTextModel"}},
               {"tokenizer", {"transformers", "CLIPTokenizer"}},
               {"unet", {"diffusers", "UNet2DConditionModel"}},
               {"vae", {"diffusers", "AutoencoderKL"}}};
  if (model.family == Family::sdxl) {
    json["_class_name"] = inpaint ? "StableDiffusionXLInpaintPipeline" : "StableDiffusionXLPipeline";
    json["force_zeros_for_empty_prompt"] = model.zeros_for_empty_negative;
    json["text_encoder_2"] = {"transformers", "CLIPTextModelWithProjection"};
    json["tokenizer_2"] = {"transformers", "CLIPTokenizer"};
  } else {
    json["_class_name"] = inpaint ? "StableDiffusionInpaintPipeline" : "StableDiffusionPipeline";
    json["requires_safety_checker"] = false;
    json["safety_checker"] = none;
  }
  return json;
}

Json configs_json(const ModelDescription& model) {
  Json json = {{"unet", unet_json(model)}, {"vae", vae_json(model.vae)}, {"scheduler", scheduler_json(model)}};
  if (model.recommended != RecommendedSettings()) json["recommended"] = recommended_json(model.recommended);
  if (model.family == Family::sdxl) json["force_zeros_for_empty_prompt"] = model.zeros_for_empty_negative;
  for (size_t i = 0; i < model.text_encoders.size(); ++i) {
    const TextEncoderDescription& encoder = model.text_encoders[i];
    json[i == 0 ? "text_encoder" : "text_encoder_2"] = clip_text_json(encoder);
    if (!encoder.tokenizer || encoder.config.vocabulary == kStandardVocabulary) continue;
    json[i == 0 ? "tokenizer" : "tokenizer_2"] = {{"vocab.json", encoder.tokenizer->vocab_json},
                                                  {"merges.txt", encoder.tokenizer->merges_txt},
                                                  {"pad_token", encoder.pad_token}};
  }
  return json;
}

}  // namespace darkroom::checkpoint
