// The configs of a diffusers folder, read. Sources of truth: the __init__ arguments of diffusers' UNet2DConditionModel,
// AutoencoderKL and schedulers, and of transformers' CLIPTextConfig. write_config.h is the inverse.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "checkpoint/description.h"

namespace darkroom::checkpoint {

using Json = nlohmann::json;

/// Untrusted text -> JSON object. Throws Error{corrupt_file} naming `what`.
Json parsed_object(const std::string& text, const std::string& what);

/// Each throws Error{corrupt_file} for a missing key, a value of the wrong kind or out of range, and Error{unsupported}
/// naming the key for a model Darkroom does not have: a config is never half understood. The sizes they return fit
/// together, so that building the network cannot fail.
models::UNetConfig unet_config(const Json& config);
models::VaeConfig vae_config(const Json& config);
models::ClipTextConfig clip_text_config(const Json& config);
void read_scheduler_config(const Json& config, ModelDescription& into);

/// "width", "height", "steps", "sampler", "schedule", "cfg_scale", "clip_skip", "negative_prompt", each optional;
/// another key is Error{unsupported}.
RecommendedSettings recommended_settings(const Json& settings);

/// A whole model from its parts' configs by folder name ("unet", "vae", "text_encoder", "text_encoder_2", "scheduler"),
/// and, if there, "recommended", and "tokenizer", "tokenizer_2" with the texts of "vocab.json" and "merges.txt" and
/// "pad_token". A diffusers folder is first gathered into this form; our single files carry it in their metadata.
ModelDescription description_from(const Json& configs);

}  // namespace darkroom::checkpoint
