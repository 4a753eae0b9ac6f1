#include "train/lora_ranks.h"

#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"

namespace darkroom::train {
namespace {

std::map<std::string, LoraRank> ranks_of(const formats::TensorFile& file) {
  constexpr std::string_view kDown = ".lora_down.weight";
  std::map<std::string, LoraRank> ranks;
  for (const auto& [name, tensor] : file.tensors) {
    if (!name.ends_with(kDown) || tensor.shape.empty() || tensor.shape[0] < 1) continue;
    const std::string module = name.substr(0, name.size() - kDown.size());
    const auto alpha = file.tensors.find(module + ".alpha");
    const double rank = double(tensor.shape[0]);
    const bool says_alpha = alpha != file.tensors.end() && checkpoint::tensor_view(alpha->second).numel() == 1;
    ranks[module] = {tensor.shape[0],
                     says_alpha ? checkpoint::tensor_view(alpha->second).to(at::kDouble).item<double>() : rank};
  }
  return ranks;
}

/// What `of` says of each module, where it is the same of all.
template <typename T>
std::optional<T> common(const std::map<std::string, LoraRank>& ranks, T LoraRank::*of) {
  for (const auto& [name, rank] : ranks)
    if (rank.*of != ranks.begin()->second.*of) return std::nullopt;
  return ranks.begin()->second.*of;
}

}  // namespace

LoraTraining with_ranks_of_file(LoraTraining options) {
  if (!options.dim_from_weights) return options;
  LoraOptions& network = options.network;
  network.ranks = ranks_of(formats::read_safetensors(options.network_weights));
  require(
      !network.ranks.empty(), ErrorKind::invalid_request,
      "take ranks from \"{}\" (dim_from_weights): it must be a LoRA file of kohya's names, \"....lora_down.weight\"; "
      "darkroom lora inspect shows what it is",
      options.network_weights.string());
  bool has_text = false, has_unet = false;
  for (const auto& [name, rank] : network.ranks) (name.starts_with("lora_te") ? has_text : has_unet) = true;
  network.text_encoder &= has_text;
  network.unet &= has_unet;
  network.dim = one_dim(network).value_or(network.dim);
  network.alpha = one_alpha(network).value_or(network.alpha);
  return options;
}

std::optional<int64_t> one_dim(const LoraOptions& network) {
  return network.ranks.empty() ? network.dim : common(network.ranks, &LoraRank::dim);
}

std::optional<double> one_alpha(const LoraOptions& network) {
  return network.ranks.empty() ? network.alpha : common(network.ranks, &LoraRank::alpha);
}

}  // namespace darkroom::train
