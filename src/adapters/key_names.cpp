#include "adapters/key_names.h"

#include <algorithm>
#include <utility>

namespace darkroom::adapters {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

/// How a name ends -> the factor. Longer endings stand before the ones they end with.
constexpr Pair kEndings[] = {
    {".lora_up.weight", "lora_up.weight"},
    {".lora_down.weight", "lora_down.weight"},
    {".lora_mid.weight", "lora_mid.weight"},
    {".lora_B.weight", "lora_up.weight"},
    {".lora_A.weight", "lora_down.weight"},
    {".lora_B.default.weight", "lora_up.weight"},
    {".lora_A.default.weight", "lora_down.weight"},
    {".lora.up.weight", "lora_up.weight"},
    {".lora.down.weight", "lora_down.weight"},
    {".lora_linear_layer.up.weight", "lora_up.weight"},
    {".lora_linear_layer.down.weight", "lora_down.weight"},
    {"_lora.up.weight", "lora_up.weight"},
    {"_lora.down.weight", "lora_down.weight"},
    {".lora_magnitude_vector.default.weight", "dora_scale"},
    {".lora_magnitude_vector.weight", "dora_scale"},
    {".lora_magnitude_vector", "dora_scale"},
    {".alpha", "alpha"},
    {".scale", "scale"},
    {".dora_scale", "dora_scale"},
    {".diff", "diff"},
    {".diff_b", "diff_b"},
    {".w_norm", "w_norm"},
    {".b_norm", "b_norm"},
    {".hada_w1_a", "hada_w1_a"},
    {".hada_w1_b", "hada_w1_b"},
    {".hada_w2_a", "hada_w2_a"},
    {".hada_w2_b", "hada_w2_b"},
    {".hada_t1", "hada_t1"},
    {".hada_t2", "hada_t2"},
    {".lokr_w1", "lokr_w1"},
    {".lokr_w1_a", "lokr_w1_a"},
    {".lokr_w1_b", "lokr_w1_b"},
    {".lokr_w2", "lokr_w2"},
    {".lokr_w2_a", "lokr_w2_a"},
    {".lokr_w2_b", "lokr_w2_b"},
    {".lokr_t2", "lokr_t2"},
    {".a1.weight", "a1.weight"},
    {".a2.weight", "a2.weight"},
    {".b1.weight", "b1.weight"},
    {".b2.weight", "b2.weight"},
    {".oft_blocks", "oft_blocks"},
    {".oft_diag", "oft_diag"},
    {".rescale", "rescale"},
    {".on_input", "on_input"},
    {".weight", "weight"},
};

/// How a layer's name begins -> kohya's beginning.
constexpr Pair kBeginnings[] = {
    {"oft_unet_", "lora_unet_"},
    {"lycoris_", "lora_unet_"},  // LyCORIS without a trainer around it wraps a UNet alone
    {"unet.", "lora_unet_"},
    {"model.diffusion_model.", "lora_unet_"},
    {"diffusion_model.", "lora_unet_"},
    {"text_encoder_2.", "lora_te2_"},
    {"text_encoder.", "lora_te1_"},
    {"text_model.", "lora_te1_text_model."},
    {"down_blocks.", "lora_unet_down_blocks."},
    {"mid_block.", "lora_unet_mid_block."},
    {"up_blocks.", "lora_unet_up_blocks."},
};

/// What diffusers' attention processors and its first text encoder LoRA called a layer.
constexpr Pair kProcessorEndings[] = {{"_self_attn_to_q", "_self_attn_q_proj"},
                                      {"_self_attn_to_k", "_self_attn_k_proj"},
                                      {"_self_attn_to_v", "_self_attn_v_proj"},
                                      {"_self_attn_to_out", "_self_attn_out_proj"},
                                      {"_to_out", "_to_out_0"}};

std::string layer_name(std::string_view stem, bool is_processor) {
  if (stem.starts_with("base_model.model.")) stem.remove_prefix(std::string_view("base_model.model.").size());
  std::string name(stem);
  for (const auto& [theirs, kohyas] : kBeginnings) {
    if (!stem.starts_with(theirs)) continue;
    name = std::string(kohyas) + name.substr(theirs.size());
    break;
  }
  const std::string processor = ".processor.";
  if (const size_t at = name.find(processor); at != std::string::npos) name.replace(at, processor.size(), ".");
  name = underscored(name);
  if (!is_processor) return name;
  for (const auto& [theirs, ours] : kProcessorEndings) {
    if (name.ends_with(theirs)) return name.substr(0, name.size() - theirs.size()) + std::string(ours);
  }
  return name;
}

}  // namespace

std::string underscored(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '.', '_');
  return out;
}

std::optional<KeyName> key_name(std::string_view name) {
  for (const auto& [ending, factor] : kEndings) {
    if (!name.ends_with(ending) || name.size() == ending.size()) continue;
    const std::string_view stem = name.substr(0, name.size() - ending.size());
    // IA3's only mark is the other tensor, "on_input"; any layer's weight ends so, but only kohya's names have no dots.
    if (factor == "weight" && stem.find('.') != std::string_view::npos) return std::nullopt;
    return KeyName{layer_name(stem, ending.starts_with('_')), std::string(factor), std::string(stem)};
  }
  return std::nullopt;
}

}  // namespace darkroom::adapters
