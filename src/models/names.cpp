#include "models/names.h"

#include <fmt/format.h>

#include <charconv>
#include <span>
#include <utility>

namespace darkroom::models {
namespace {

using Renames = std::span<const std::pair<std::string_view, std::string_view>>;

/// Takes "<number>." off the front of `rest`.
int64_t take_number(std::string_view& rest) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  TORCH_CHECK(error == std::errc() && end != rest.data() + rest.size() && *end == '.', "names: no number in ",
              std::string(rest));
  rest.remove_prefix(end + 1 - rest.data());
  return number;
}

bool take_prefix(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

/// `rest` with the first matching beginning exchanged; itself if none matches.
std::string renamed(std::string_view rest, Renames table) {
  for (const auto& [ours, theirs] : table) {
    if (rest.starts_with(ours)) return fmt::format("{}{}", theirs, rest.substr(ours.size()));
  }
  return std::string(rest);
}

constexpr std::pair<std::string_view, std::string_view> kUNetTop[] = {
    {"time_embed.0.", "time_embedding.linear_1."},
    {"time_embed.2.", "time_embedding.linear_2."},
    {"label_emb.0.0.", "add_embedding.linear_1."},
    {"label_emb.0.2.", "add_embedding.linear_2."},
    {"input_blocks.0.0.", "conv_in."},
    {"out.0.", "conv_norm_out."},
    {"out.2.", "conv_out."},
};
constexpr std::pair<std::string_view, std::string_view> kResBlock[] = {
    {"in_layers.0.", "norm1."},  {"in_layers.2.", "conv1."},  {"emb_layers.1.", "time_emb_proj."},
    {"out_layers.0.", "norm2."}, {"out_layers.3.", "conv2."}, {"skip_connection.", "conv_shortcut."},
};
constexpr std::pair<std::string_view, std::string_view> kVaeMiddle[] = {
    {"block_1.", "resnets.0."},
    {"block_2.", "resnets.1."},
    {"attn_1.norm.", "attentions.0.group_norm."},
    {"attn_1.q.", "attentions.0.to_q."},
    {"attn_1.k.", "attentions.0.to_k."},
    {"attn_1.v.", "attentions.0.to_v."},
    {"attn_1.proj_out.", "attentions.0.to_out.0."},
};
constexpr std::pair<std::string_view, std::string_view> kVaeMiddleBefore18[] = {
    {"block_1.", "resnets.0."},
    {"block_2.", "resnets.1."},
    {"attn_1.norm.", "attentions.0.group_norm."},
    {"attn_1.q.", "attentions.0.query."},
    {"attn_1.k.", "attentions.0.key."},
    {"attn_1.v.", "attentions.0.value."},
    {"attn_1.proj_out.", "attentions.0.proj_attn."},
};
constexpr std::pair<std::string_view, std::string_view> kOpenClipTop[] = {
    {"text_model.embeddings.token_embedding.", "token_embedding."},
    {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
    {"text_model.final_layer_norm.", "ln_final."},
};
constexpr std::pair<std::string_view, std::string_view> kOpenClipLayer[] = {
    {"layer_norm1.", "ln_1."},
    {"layer_norm2.", "ln_2."},
    {"mlp.fc1.", "mlp.c_fc."},
    {"mlp.fc2.", "mlp.c_proj."},
    {"self_attn.out_proj.", "attn.out_proj."},
};

std::string vae_name(std::string_view name, const VaeConfig& config, Renames middle) {
  std::string_view rest = name;
  const bool encoder = rest.starts_with("encoder.");
  if (!take_prefix(rest, "encoder.") && !take_prefix(rest, "decoder.")) return std::string(name);
  const std::string_view half = encoder ? "encoder" : "decoder";

  if (take_prefix(rest, "mid.")) return fmt::format("{}.mid_block.{}", half, renamed(rest, middle));
  if (take_prefix(rest, "norm_out.")) return fmt::format("{}.conv_norm_out.{}", half, rest);
  if (!take_prefix(rest, encoder ? "down." : "up.")) return std::string(name);

  // diffusers counts the decoder's levels in the order they act, the original from the finest.
  const int64_t level = take_number(rest);
  const std::string block = encoder ? fmt::format("encoder.down_blocks.{}", level)
                                    : fmt::format("decoder.up_blocks.{}", int64_t(config.channels.size()) - 1 - level);
  if (take_prefix(rest, "downsample.")) return fmt::format("{}.downsamplers.0.{}", block, rest);
  if (take_prefix(rest, "upsample.")) return fmt::format("{}.upsamplers.0.{}", block, rest);
  TORCH_CHECK(take_prefix(rest, "block."), "names: not a VAE parameter: ", std::string(name));
  const int64_t index = take_number(rest);
  constexpr std::pair<std::string_view, std::string_view> shortcut[] = {{"nin_shortcut.", "conv_shortcut."}};
  return fmt::format("{}.resnets.{}.{}", block, index, renamed(rest, shortcut));
}

}  // namespace

std::string diffusers_unet_name(std::string_view name, const UNetConfig& config) {
  for (const auto& [ours, theirs] : kUNetTop) {
    if (name.starts_with(ours)) return renamed(name, kUNetTop);
  }
  std::string_view rest = name;
  if (take_prefix(rest, "middle_block.")) {
    const int64_t part = take_number(rest);
    if (part == 1 && config.middle_depth > 0) return fmt::format("mid_block.attentions.0.{}", rest);
    return fmt::format("mid_block.resnets.{}.{}", part == 0 ? 0 : 1, renamed(rest, kResBlock));
  }
  const int64_t per_level = config.res_blocks + 1;  // entries of a level, on both ways
  if (take_prefix(rest, "input_blocks.")) {
    const int64_t entry = take_number(rest) - 1, part = take_number(rest);
    const int64_t level = entry / per_level, index = entry % per_level;
    if (take_prefix(rest, "op.")) return fmt::format("down_blocks.{}.downsamplers.0.conv.{}", level, rest);
    if (part == 1) return fmt::format("down_blocks.{}.attentions.{}.{}", level, index, rest);
    return fmt::format("down_blocks.{}.resnets.{}.{}", level, index, renamed(rest, kResBlock));
  }
  TORCH_CHECK(take_prefix(rest, "output_blocks."), "names: not a UNet parameter: ", std::string(name));
  const int64_t entry = take_number(rest), part = take_number(rest);
  const int64_t level = entry / per_level, index = entry % per_level;
  if (part > 0 && rest.starts_with("conv.")) return fmt::format("up_blocks.{}.upsamplers.0.{}", level, rest);
  if (part > 0) return fmt::format("up_blocks.{}.attentions.{}.{}", level, index, rest);
  return fmt::format("up_blocks.{}.resnets.{}.{}", level, index, renamed(rest, kResBlock));
}

std::string diffusers_vae_name(std::string_view name, const VaeConfig& config) {
  return vae_name(name, config, kVaeMiddle);
}

std::string older_diffusers_vae_name(std::string_view name, const VaeConfig& config) {
  return vae_name(name, config, kVaeMiddleBefore18);
}

StoredName open_clip_name(std::string_view name) {
  std::string_view rest = name;
  if (name == "text_projection.weight") return {"text_projection", StoredForm::transposed};
  if (!take_prefix(rest, "text_model.encoder.layers.")) return {renamed(name, kOpenClipTop)};
  const std::string block = fmt::format("transformer.resblocks.{}.", take_number(rest));
  constexpr std::pair<std::string_view, StoredForm> fused[] = {{"self_attn.q_proj.", StoredForm::first_third},
                                                               {"self_attn.k_proj.", StoredForm::second_third},
                                                               {"self_attn.v_proj.", StoredForm::last_third}};
  for (const auto& [ours, form] : fused) {
    if (take_prefix(rest, ours)) return {fmt::format("{}attn.in_proj_{}", block, rest), form};
  }
  return {block + renamed(rest, kOpenClipLayer)};
}

std::string esrgan_name(std::string_view name, EsrganNames names, const EsrganConfig& config) {
  if (names == EsrganNames::basicsr) return std::string(name);
  const bool numbered = names == EsrganNames::numbered;
  std::string_view rest = name;
  if (take_prefix(rest, "body.")) {
    const int64_t block = take_number(rest);
    const std::string in_block = fmt::format("RDB{}", rest.substr(std::string_view("rdb").size()));
    if (!numbered) return fmt::format("RRDB_trunk.{}.{}", block, in_block);
    const size_t dot = in_block.rfind('.');  // each convolution is a list of itself and its activation
    return fmt::format("model.1.sub.{}.{}.0{}", block, in_block.substr(0, dot), in_block.substr(dot));
  }
  if (take_prefix(rest, "conv_up")) {
    const int64_t index = take_number(rest);
    return numbered ? fmt::format("model.{}.{}", 3 * index, rest) : fmt::format("upconv{}.{}", index, rest);
  }
  const int64_t after_doublings = 3 * config.doublings;
  const std::pair<std::string_view, std::string> table[] = {
      {"conv_first.", numbered ? "model.0." : "conv_first."},
      {"conv_body.", numbered ? fmt::format("model.1.sub.{}.", config.blocks) : "trunk_conv."},
      {"conv_hr.", numbered ? fmt::format("model.{}.", after_doublings + 2) : "HRconv."},
      {"conv_last.", numbered ? fmt::format("model.{}.", after_doublings + 4) : "conv_last."},
  };
  for (const auto& [ours, theirs] : table)
    if (take_prefix(rest, ours)) return theirs + std::string(rest);
  return std::string(name);
}

}  // namespace darkroom::models
