#include "adapters/report.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "adapters/known_weights.h"
#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::adapters {
namespace {

/// Norms and singular values of what is no number would say nothing.
AdapterFile checked_file(const std::filesystem::path& path) {
  AdapterFile file = read_adapter_file(path);
  require_numbers(file);
  return file;
}

double squared(const Tensor& values) {
  return values.to(at::kFloat).square().sum(at::kDouble).item<double>();
}

/// Where in the network a layer is: its block's name, and numbers to sort by.
std::pair<std::string, int64_t> block_of(const std::string& layer) {
  if (layer.starts_with("lora_te2_")) return {"text_encoder_2", 0};
  if (layer.starts_with("lora_te")) return {"text_encoder", 0};
  for (const std::string name : {"down_blocks_", "up_blocks_", "input_blocks_", "output_blocks_"}) {
    const std::string prefix = "lora_unet_" + name;
    if (!layer.starts_with(prefix)) continue;
    const size_t end = std::min(layer.find_first_not_of("0123456789", prefix.size()), layer.size());
    const std::string number = layer.substr(prefix.size(), std::min<size_t>(end - prefix.size(), 9));
    return {name.substr(0, name.size() - 1), number.empty() ? 0 : std::stoll(number)};
  }
  if (layer.starts_with("lora_unet_mid"))
    return {layer.starts_with("lora_unet_middle") ? "middle_block" : "mid_block", 0};
  return {"others", 0};
}

void add_numbers(AdapterReport& report, const AdapterModule& module) {
  const auto kind = std::find_if(report.kinds.begin(), report.kinds.end(), [&](const auto& entry) {
    return entry.first == kind_text(module.kind, module.factors);
  });
  if (kind == report.kinds.end())
    report.kinds.emplace_back(kind_text(module.kind, module.factors), 1);
  else
    ++kind->second;
  const int64_t rank = rank_of(module.kind, module.factors);
  if (rank > 0) ++report.ranks[rank];
  if (rank > 0 && module.factors.contains("alpha")) ++report.alphas[scalar(module.factors, "alpha")];
  ++report.scales[own_scale(module.kind, module.factors)];
}

struct Sums {
  size_t layers = 0;
  double change = 0, weight = 0;
};

BlockReport block_report(const std::pair<std::string, int64_t>& block, const Sums& sums) {
  const bool numbered = block.first.ends_with("blocks");
  return {numbered ? fmt::format("{}.{}", block.first, block.second) : block.first, sums.layers, std::sqrt(sums.change),
          sums.weight > 0 ? std::sqrt(sums.change / sums.weight) : 0};
}

std::map<std::string, const AdapterModule*> by_layer(const AdapterFile& file) {
  std::map<std::string, const AdapterModule*> modules;
  for (const AdapterModule& module : file.modules) modules[module.layer] = &module;
  return modules;
}

/// Weighted, or undefined where the file says nothing about the layer.
Tensor weighted_change(const std::map<std::string, const AdapterModule*>& modules, const std::string& layer,
                       double weight, const KnownWeights& known) {
  const auto module = modules.find(layer);
  if (module == modules.end()) return {};
  const Tensor change = known_change(*module->second, known.weight(*module->second)).weight;
  require(change.defined(), ErrorKind::invalid_request,
          "compare LoRA files: what {} does to {} depends on the weight; give the model with --model",
          kind_text(module->second->kind, module->second->factors), formats::in_quotes(layer));
  return (change * weight).flatten();
}

}  // namespace

double AdapterComparison::relative() const {
  const double larger = std::max(first, second);
  return larger > 0 ? difference / larger : 0;
}

AdapterReport inspect_adapter(const std::filesystem::path& file, const std::filesystem::path& model) {
  const NoGrad guard;
  const KnownWeights known(model);
  const auto adapter = std::make_shared<const AdapterFile>(checked_file(file));
  AdapterReport report;
  if (known.keys()) {
    const FittedAdapter fitted = fit(adapter, *known.keys());
    report.unmatched = fitted.unmatched;
    report.notes = fitted.notes;
  }
  std::map<std::pair<std::string, int64_t>, Sums> blocks;
  double total = 0;
  for (const AdapterModule& module : adapter->modules) {
    add_numbers(report, module);
    Sums& sums = blocks[block_of(module.layer)];
    ++sums.layers;
    const Tensor weight = known.weight(module), change = known_change(module, weight).weight;
    if (!change.defined()) {
      ++report.unknown_changes;
      continue;
    }
    const double size = squared(change);
    total += size;
    sums.change += size;
    if (weight.defined()) sums.weight += squared(weight);
  }
  report.change = std::sqrt(total);
  for (const auto& [block, sums] : blocks) report.blocks.push_back(block_report(block, sums));
  report.made_for = made_for(*adapter);
  report.unused = adapter->unused;
  report.embeddings = adapter->embeddings;
  report.metadata = adapter->metadata;
  return report;
}

AdapterComparison compare_adapters(const WeightedFile& first, const WeightedFile& second,
                                   const std::filesystem::path& model) {
  const NoGrad guard;
  const KnownWeights known(model);
  const AdapterFile a = checked_file(first.path), b = checked_file(second.path);
  const auto a_modules = by_layer(a), b_modules = by_layer(b);
  std::map<std::string, bool> layers;
  for (const auto& [layer, module] : a_modules) layers[layer];
  for (const auto& [layer, module] : b_modules) layers[layer];
  AdapterComparison result;
  double product = 0;
  for (const auto& [layer, unused] : layers) {
    const Tensor x = weighted_change(a_modules, layer, first.weight, known);
    const Tensor y = weighted_change(b_modules, layer, second.weight, known);
    ++(x.defined() ? y.defined() ? result.shared : result.only_first : result.only_second);
    require(!x.defined() || !y.defined() || x.numel() == y.numel(), ErrorKind::unsupported,
            "compare LoRA files: the layer {} has {} values in one and {} in the other: they are for different models",
            formats::in_quotes(layer), x.numel(), y.numel());
    LayerDistance distance{layer};
    if (x.defined()) distance.first = std::sqrt(squared(x));
    if (y.defined()) distance.second = std::sqrt(squared(y));
    distance.difference = x.defined() && y.defined() ? std::sqrt(squared(x - y)) : distance.first + distance.second;
    if (x.defined() && y.defined()) product += (x * y).sum(at::kDouble).item<double>();
    result.first += distance.first * distance.first;
    result.second += distance.second * distance.second;
    result.difference += distance.difference * distance.difference;
    result.layers.push_back(distance);
  }
  for (double* sum : {&result.first, &result.second, &result.difference}) *sum = std::sqrt(*sum);
  if (result.first > 0 && result.second > 0) result.cosine = product / (result.first * result.second);
  std::stable_sort(result.layers.begin(), result.layers.end(),
                   [](const auto& x, const auto& y) { return x.difference > y.difference; });
  return result;
}

}  // namespace darkroom::adapters
