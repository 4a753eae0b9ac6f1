// What other files call our parameters. Our own names are those of the original checkpoints (LDM) for UNet and VAE and
// transformers' for text encoders; every function here takes one of our full names and answers theirs.
// Sources of truth: diffusers, scripts/convert_original_stable_diffusion_to_diffusers.py; open_clip, transformer.py;
// ESRGAN, RRDBNet_arch.py and A1111, modules/esrgan_model.py (resrgan2normal, infer_params).
#pragma once

#include <string>
#include <string_view>

#include "models/esrgan.h"
#include "models/unet.h"
#include "models/vae.h"

namespace darkroom::models {

/// "input_blocks.1.0.in_layers.2.weight" -> "down_blocks.0.resnets.0.conv1.weight".
std::string diffusers_unet_name(std::string_view name, const UNetConfig& config);

/// "encoder.down.0.block.0.conv1.weight" -> "encoder.down_blocks.0.resnets.0.conv1.weight".
std::string diffusers_vae_name(std::string_view name, const VaeConfig& config);

/// How diffusers before 0.18 called the same: "...attentions.0.to_q.weight" -> "...attentions.0.query.weight".
std::string older_diffusers_vae_name(std::string_view name, const VaeConfig& config);

/// How a parameter of ours lies in a tensor of the other file.
enum class StoredForm {
  whole,
  first_third,  ///< of the rows: q, k and v are one tensor
  second_third,
  last_third,
  transposed
};

struct StoredName {
  std::string name;
  StoredForm form = StoredForm::whole;
};

/// "text_model.encoder.layers.0.self_attn.k_proj.bias" -> {"transformer.resblocks.0.attn.in_proj_bias", second_third}.
StoredName open_clip_name(std::string_view name);

/// Whose names an ESRGAN file has: BasicSR's (ours), the first ESRGAN repository's, or its first training code's.
enum class EsrganNames { basicsr, trunk, numbered };

/// "body.0.rdb1.conv1.weight" -> "RRDB_trunk.0.RDB1.conv1.weight" or "model.1.sub.0.RDB1.conv1.0.weight".
std::string esrgan_name(std::string_view name, EsrganNames names, const EsrganConfig& config);

}  // namespace darkroom::models
