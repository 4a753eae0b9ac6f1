#include "checkpoint/read_config.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>

#include "base/error.h"

namespace darkroom::checkpoint {
namespace {

/// A config with the name it has in messages.
struct Config {
  const Json& json;
  const char* what;

  bool has(const char* key) const { return json.contains(key) && !json[key].is_null(); }

  const Json& at(const char* key) const {
    require(has(key), ErrorKind::corrupt_file, "{}: \"{}\" is missing", what, key);
    return json[key];
  }

  int64_t integer(const Json& value, const char* key) const {
    require(value.is_number_integer() && value.get<double>() >= 0 && value.get<double>() <= 1e9,
            ErrorKind::corrupt_file, "{}: \"{}\" must be a whole number up to 10^9, found {}", what, key, value.dump());
    return value.get<int64_t>();
  }
  int64_t integer(const char* key) const { return integer(at(key), key); }
  int64_t integer(const char* key, int64_t otherwise) const { return has(key) ? integer(key) : otherwise; }

  double number(const char* key, double otherwise) const {
    if (!has(key)) return otherwise;
    require(json[key].is_number(), ErrorKind::corrupt_file, "{}: \"{}\" must be a number, found {}", what, key,
            json[key].dump());
    return json[key].get<double>();
  }

  std::string text(const char* key, const char* otherwise) const {
    if (!has(key)) return otherwise;
    require(json[key].is_string(), ErrorKind::corrupt_file, "{}: \"{}\" must be a string, found {}", what, key,
            json[key].dump());
    return json[key].get<std::string>();
  }

  bool truth(const char* key, bool otherwise) const {
    if (!has(key)) return otherwise;
    require(json[key].is_boolean(), ErrorKind::corrupt_file, "{}: \"{}\" must be true or false, found {}", what, key,
            json[key].dump());
    return json[key].get<bool>();
  }

  /// One number per level; a single number holds for all of them.
  std::vector<int64_t> per_level(const char* key, size_t levels) const {
    const Json& value = at(key);
    if (value.is_number()) return std::vector<int64_t>(levels, integer(value, key));
    require(value.is_array() && value.size() == levels, ErrorKind::corrupt_file,
            "{}: \"{}\" must be a number or {} of them, found {}", what, key, levels, value.dump());
    std::vector<int64_t> numbers;
    for (const Json& entry : value) numbers.push_back(integer(entry, key));
    return numbers;
  }

  std::vector<int64_t> channels(const char* key) const {
    const Json& value = at(key);
    require(value.is_array() && !value.empty() && value.size() <= 8, ErrorKind::corrupt_file,
            "{}: \"{}\" must be a list of 1 to 8 numbers, found {}", what, key, value.dump());
    return per_level(key, value.size());
  }

  /// Choices of the reference that we have in one form only.
  void must_be(std::initializer_list<std::pair<const char*, Json>> choices) const {
    for (const auto& [key, only] : choices) {
      require(!has(key) || json[key] == only, ErrorKind::unsupported,
              "{}: \"{}\": {} is not supported, only {}; another kind of model?", what, key,
              json.value(key, Json()).dump(), only.is_null() ? "its absence" : only.dump());
    }
  }

  /// The block types, one per level; answers which of them have attention.
  std::vector<bool> attention(const char* key, size_t levels, const std::string& with,
                              const std::string& without) const {
    const Json& value = at(key);
    require(value.is_array() && value.size() == levels, ErrorKind::corrupt_file,
            "{}: \"{}\" must name {} blocks, found {}", what, key, levels, value.dump());
    std::vector<bool> answers;
    for (const Json& entry : value) {
      require(entry == with || entry == without, ErrorKind::unsupported,
              "{}: \"{}\": {} is not supported, only {} and {}", what, key, entry.dump(), with, without);
      answers.push_back(entry == with);
    }
    return answers;
  }
};

std::optional<TokenizerFiles> tokenizer_files(const Json& configs, const char* name) {
  if (!configs.contains(name)) return std::nullopt;
  const Config files{configs[name], name};
  require(files.json.is_object() && files.has("vocab.json") && files.has("merges.txt"), ErrorKind::corrupt_file,
          "{}: must hold the texts of vocab.json and merges.txt", name);
  return TokenizerFiles{files.text("folder", ""), files.text("vocab.json", ""), files.text("merges.txt", "")};
}

TextEncoderDescription text_encoder(const Json& configs, const char* part, const char* tokenizer) {
  require(configs.contains(part), ErrorKind::corrupt_file, "model config: part \"{}\" is missing", part);
  TextEncoderDescription encoder;
  encoder.config = clip_text_config(configs[part]);
  encoder.tokenizer = tokenizer_files(configs, tokenizer);
  const bool open_clip = encoder.config.activation == models::TextActivation::gelu;
  if (open_clip) encoder.pad_token = std::string("!");
  if (encoder.tokenizer)
    encoder.pad_token = Config{configs[tokenizer], tokenizer}.text("pad_token", encoder.pad_token.c_str());
  return encoder;
}

}  // namespace

Json parsed_object(const std::string& text, const std::string& what) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  require(json.is_object(), ErrorKind::corrupt_file, "{}: must be a JSON object; damaged file?", what);
  return json;
}

models::UNetConfig unet_config(const Json& json) {
  const Config config{json, "unet config"};
  config.must_be({{"act_fn", "silu"},
                  {"addition_embed_type", "text_time"},
                  {"center_input_sample", false},
                  {"class_embed_type", nullptr},
                  {"class_embeddings_concat", false},
                  {"conv_in_kernel", 3},
                  {"conv_out_kernel", 3},
                  {"cross_attention_norm", nullptr},
                  {"downsample_padding", 1},
                  {"dual_cross_attention", false},
                  {"encoder_hid_dim", nullptr},
                  {"flip_sin_to_cos", true},
                  {"freq_shift", 0},
                  {"mid_block_scale_factor", 1},
                  {"mid_block_type", "UNetMidBlock2DCrossAttn"},
                  {"norm_eps", 1e-5},
                  {"num_class_embeds", nullptr},
                  {"only_cross_attention", false},
                  {"resnet_out_scale_factor", 1.0},
                  {"resnet_skip_time_act", false},
                  {"resnet_time_scale_shift", "default"},
                  {"reverse_transformer_layers_per_block", nullptr},
                  {"time_cond_proj_dim", nullptr},
                  {"time_embedding_dim", nullptr},
                  {"time_embedding_type", "positional"},
                  {"timestep_post_act", nullptr}});
  require(!json.contains("mid_block_type") || config.has("mid_block_type"), ErrorKind::unsupported,
          "unet config: a UNet without \"mid_block_type\" is not supported");
  models::UNetConfig unet;
  unet.channels = config.channels("block_out_channels");
  const size_t levels = unet.channels.size();
  unet.in_channels = config.integer("in_channels", 4);
  unet.out_channels = config.integer("out_channels", 4);
  unet.res_blocks = config.integer("layers_per_block", 2);
  unet.context = config.integer("cross_attention_dim");
  unet.linear_projections = config.truth("use_linear_projection", false);
  unet.groups = config.integer("norm_num_groups", 32);
  if (config.has("addition_embed_type")) unet.vector = config.integer("projection_class_embeddings_input_dim");
  // diffusers once called the number of heads "attention_head_dim", and every published config does.
  unet.heads =
      config.per_level(config.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim", levels);
  const auto depth = config.has("transformer_layers_per_block")
                         ? config.per_level("transformer_layers_per_block", levels)
                         : std::vector<int64_t>(levels, 1);
  const auto down = config.attention("down_block_types", levels, "CrossAttnDownBlock2D", "DownBlock2D");
  auto up = config.attention("up_block_types", levels, "CrossAttnUpBlock2D", "UpBlock2D");
  std::reverse(up.begin(), up.end());
  require(up == down, ErrorKind::unsupported, "unet config: attention must lie on the same levels on both ways");
  unet.depth.clear();
  for (size_t i = 0; i < levels; ++i) unet.depth.push_back(down[i] ? depth[i] : 0);
  unet.middle_depth = depth.back();
  check_sizes(unet);
  return unet;
}

models::VaeConfig vae_config(const Json& json) {
  const Config config{json, "vae config"};
  config.must_be({{"act_fn", "silu"},
                  {"latents_mean", nullptr},
                  {"latents_std", nullptr},
                  {"shift_factor", nullptr},
                  {"use_quant_conv", true},
                  {"use_post_quant_conv", true},
                  {"mid_block_add_attention", true}});
  models::VaeConfig vae;
  vae.channels = config.channels("block_out_channels");
  const size_t levels = vae.channels.size();
  config.attention("down_block_types", levels, "DownEncoderBlock2D", "DownEncoderBlock2D");
  config.attention("up_block_types", levels, "UpDecoderBlock2D", "UpDecoderBlock2D");
  vae.picture_channels = config.integer("in_channels", 3);
  require(vae.picture_channels == 3 && config.integer("out_channels", 3) == 3, ErrorKind::unsupported,
          "vae config: pictures must have 3 channels");
  vae.latent_channels = config.integer("latent_channels", 4);
  vae.res_blocks = config.integer("layers_per_block", 1);
  vae.groups = config.integer("norm_num_groups", 32);
  vae.scale = config.number("scaling_factor", 0.18215);
  check_sizes(vae);
  return vae;
}

models::ClipTextConfig clip_text_config(const Json& json) {
  const Config config{json, "text encoder config"};
  models::ClipTextConfig text;
  text.vocabulary = config.integer("vocab_size", 49408);
  text.width = config.integer("hidden_size", 512);
  text.inner = config.integer("intermediate_size", 2048);
  text.layers = config.integer("num_hidden_layers", 12);
  text.heads = config.integer("num_attention_heads", 8);
  text.positions = config.integer("max_position_embeddings", 77);
  text.eps = config.number("layer_norm_eps", 1e-5);
  const std::string activation = config.text("hidden_act", "quick_gelu");
  require(activation == "quick_gelu" || activation == "gelu", ErrorKind::unsupported,
          "text encoder config: \"hidden_act\": {} is not supported, only quick_gelu and gelu", activation);
  text.activation = activation == "gelu" ? models::TextActivation::gelu : models::TextActivation::quick_gelu;
  // Every config states projection_dim; only this class has the layer.
  const Json classes = json.value("architectures", Json::array());
  if (classes.is_array() && classes.size() == 1 && classes[0] == "CLIPTextModelWithProjection") {
    text.projection = config.integer("projection_dim", 512);
  }
  check_sizes(text);
  return text;
}

void read_scheduler_config(const Json& json, ModelDescription& into) {
  const Config config{json, "scheduler config"};
  config.must_be({{"trained_betas", nullptr}});
  const std::string prediction = config.text("prediction_type", "epsilon");
  require(prediction == "epsilon" || prediction == "v_prediction", ErrorKind::unsupported,
          "scheduler config: \"prediction_type\": {} is not supported, only epsilon and v_prediction", prediction);
  into.prediction = prediction == "epsilon" ? Prediction::eps : Prediction::v;
  NoiseScheduleNumbers& numbers = into.noise_schedule;
  numbers.beta_schedule = config.text("beta_schedule", "linear");
  require(numbers.beta_schedule == "scaled_linear" || numbers.beta_schedule == "linear", ErrorKind::unsupported,
          "scheduler config: \"beta_schedule\": {} is not supported, only scaled_linear and linear",
          numbers.beta_schedule);
  numbers.beta_start = config.number("beta_start", 0.0001);
  numbers.beta_end = config.number("beta_end", 0.02);
  numbers.timesteps = int(config.integer("num_train_timesteps", 1000));
  numbers.zero_terminal_snr = config.truth("rescale_betas_zero_snr", false);
  require(numbers.beta_start > 0 && numbers.beta_start <= numbers.beta_end && numbers.beta_end < 1 &&
              numbers.timesteps >= 2 && numbers.timesteps <= 100000,
          ErrorKind::corrupt_file,
          "scheduler config: must have 0 < beta_start <= beta_end < 1 and 2 to 100000 timesteps, "
          "found {}, {} and {}",
          numbers.beta_start, numbers.beta_end, numbers.timesteps);
}

RecommendedSettings recommended_settings(const Json& json) {
  require(json.is_object(), ErrorKind::corrupt_file, "recommended settings: must be a JSON object");
  static constexpr const char* known[] = {"width",    "height",    "steps",     "sampler",
                                          "schedule", "cfg_scale", "clip_skip", "negative_prompt"};
  for (const auto& [key, value] : json.items()) {
    require(std::find(std::begin(known), std::end(known), key) != std::end(known), ErrorKind::unsupported,
            "recommended settings: unknown key \"{}\"; known are {}", key, fmt::join(known, ", "));
  }
  const Config config{json, "recommended settings"};
  const auto read = [&](const char* key, auto& into) {
    using Value = typename std::decay_t<decltype(into)>::value_type;
    if (!config.has(key)) return;
    if constexpr (std::is_same_v<Value, int>) into = int(config.integer(key));
    if constexpr (std::is_same_v<Value, double>) into = config.number(key, 0);
    if constexpr (std::is_same_v<Value, std::string>) into = config.text(key, "");
  };
  RecommendedSettings settings;
  read("width", settings.width);
  read("height", settings.height);
  read("steps", settings.steps);
  read("clip_skip", settings.clip_skip);
  read("cfg_scale", settings.cfg_scale);
  read("sampler", settings.sampler);
  read("schedule", settings.schedule);
  read("negative_prompt", settings.negative_prompt);
  return settings;
}

ModelDescription description_from(const Json& configs) {
  for (const char* part : {"unet", "vae", "text_encoder", "scheduler"}) {
    require(configs.contains(part) && configs[part].is_object(), ErrorKind::corrupt_file,
            "model config: part \"{}\" is missing", part);
  }
  ModelDescription model;
  model.unet = unet_config(configs["unet"]);
  model.vae = vae_config(configs["vae"]);
  model.text_encoders.push_back(text_encoder(configs, "text_encoder", "tokenizer"));
  if (configs.contains("text_encoder_2")) {
    model.text_encoders.push_back(text_encoder(configs, "text_encoder_2", "tokenizer_2"));
  }
  read_scheduler_config(configs["scheduler"], model);
  const Config unet{configs["unet"], "unet config"};
  model.sample_size = unet.integer("sample_size", 64);
  require(model.sample_size >= 1 && model.sample_size <= 4096, ErrorKind::corrupt_file,
          "unet config: \"sample_size\" must be 1 to 4096, found {}", model.sample_size);
  model.family = family_of(model);
  if (model.family == Family::sdxl) model.size_embedding = unet.integer("addition_time_embed_dim");
  model.zeros_for_empty_negative =
      model.family == Family::sdxl && Config{configs, "model config"}.truth("force_zeros_for_empty_prompt", true);
  if (configs.contains("recommended")) model.recommended = recommended_settings(configs["recommended"]);
  if (!model.recommended.width && !model.recommended.height) {
    model.recommended.width = model.recommended.height = int(model.sample_size * model.vae.reduction());
  }
  check_parts(model);
  return model;
}

}  // namespace darkroom::checkpoint
