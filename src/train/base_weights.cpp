#include "train/base_weights.h"

#include <memory>

#include "adapters/merge.h"
#include "base/log.h"
#include "formats/sha256.h"

namespace darkroom::train {

void merge_base_weights(const LoraTraining& options, checkpoint::Checkpoint& model) {
  if (options.base_weights.empty()) return;
  const adapters::ModelKeys keys(model);
  std::vector<adapters::WantedAdapter> wanted;
  for (size_t i = 0; i < options.base_weights.size(); ++i) {
    const auto& path = options.base_weights[i];
    const auto file = std::make_shared<const adapters::AdapterFile>(adapters::read_adapter_file(path));
    const auto fitted = std::make_shared<const adapters::FittedAdapter>(adapters::fit(file, keys));
    for (const std::string& layer : fitted->unmatched)
      log_warning("base_weights \"{}\": the model has no layer \"{}\"", path.string(), layer);
    for (const std::string& note : fitted->notes) log_warning("base_weights \"{}\": {}", path.string(), note);
    const double multiplier = options.base_multiplier(i);
    wanted.push_back({fitted, multiplier, multiplier});
  }
  adapters::Merge().set(std::move(wanted));
}

std::string base_weights_sha256(const LoraTraining& options) {
  if (options.base_weights.empty()) return "";
  formats::Sha256 sha;
  for (const auto& path : options.base_weights) sha.add_file(path);
  return sha.hex();
}

}  // namespace darkroom::train
