// The inverse of read_config.h: configs from which diffusers and transformers build the same model.
#pragma once

#include "checkpoint/read_config.h"

namespace darkroom::checkpoint {

Json unet_json(const ModelDescription& model);
Json vae_json(const models::VaeConfig& config);
/// transformers wants the ids of the start and end token; they are looked up in the encoder's vocab.json, and the
/// standard ones are taken if it has none. Throws Error{corrupt_file} if the vocabulary lacks them.
Json clip_text_json(const TextEncoderDescription& encoder);
Json scheduler_json(const ModelDescription& model);
Json recommended_json(const RecommendedSettings& settings);
Json model_index_json(const ModelDescription& model);

/// All of them in the form description_from() reads. Tokenizers are included where the vocabulary is not the standard
/// one.
Json configs_json(const ModelDescription& model);

}  // namespace darkroom::checkpoint
