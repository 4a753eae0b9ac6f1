// How the names of tensors in adapter files say which layer they are for, in one spelling: kohya's.
// Sources of truth: sd-scripts networks/lora.py and oft.py, LyCORIS, diffusers loaders/lora.py, PEFT.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::adapters {

/// A tensor's name, taken apart.
struct KeyName {
  std::string layer;   ///< kohya's: "lora_unet_down_blocks_0_attentions_0_proj_in", "lora_te1_text_model_..."
  std::string factor;  ///< A1111's: "lora_up.weight", "alpha", ...
  std::string stem;    ///< as written, without the factor: for messages
};

/// Takes "<layer>.<factor>" of kohya and LyCORIS ("lora_unet_...", "oft_unet_...", "lora_te1_..."), diffusers and PEFT
/// ("unet.down_blocks.0....lora_A.weight", "....lora.down.weight", "....processor.to_q_lora.down.weight",
/// "text_encoder_2....lora_linear_layer.up.weight", "base_model.model....") apart. Nothing for a name that ends as no
/// adapter's does. The first text encoder is "lora_te_" where kohya wrote so, else "lora_te1_".
std::optional<KeyName> key_name(std::string_view name);

/// The dots of a module's name as kohya writes them.
std::string underscored(std::string_view name);

}  // namespace darkroom::adapters
