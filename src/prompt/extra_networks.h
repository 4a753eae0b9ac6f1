// Tags in prompts that name files to use: <lora:name:0.8>.
// Source of truth: AUTOMATIC1111 modules/extra_networks.py, extensions-builtin/Lora/extra_networks_lora.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::prompt {

/// "<type:argument:argument>".
struct NetworkTag {
  std::string type;
  std::vector<std::string> arguments;  ///< at least one, possibly empty
  std::string text;                    ///< as written
};

struct TaggedPrompt {
  std::string text;  ///< the prompt without its tags, which leave nothing, not even a blank
  std::vector<NetworkTag> tags;
};

/// Takes every tag out, of whatever type: `<`, a word, `:`, anything but `>`, `>`.
TaggedPrompt without_tags(std::string_view prompt);

/// <lora:name:text encoder:unet:rank limit>, or named: <lora:name:te=0.5:unet=1:dyn=8>; what is said by name counts.
struct LoraTag {
  std::string name;
  double text = 1;     ///< weight for the text encoders
  double unet = 1;     ///< weight for the UNet; the text encoders' where only that is said
  int rank_limit = 0;  ///< 0 = none
  std::string written;
};

/// Whether the tag is a LoRA's ("lora", or "lyco" as older prompts say).
bool is_lora(const NetworkTag& tag);

/// Requires: is_lora(tag). Throws Error{invalid_request} for a tag without a name, weights that are no finite numbers,
/// a rank limit that is no whole number of at least 1, and arguments nobody knows.
LoraTag lora_tag(const NetworkTag& tag);

/// Those of a prompt, in their order.
std::vector<LoraTag> lora_tags(const TaggedPrompt& prompt);

}  // namespace darkroom::prompt
