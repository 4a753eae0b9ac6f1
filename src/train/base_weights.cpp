#include "train/base_weights.h"

#include "adapters/fitted_files.h"
#include "formats/sha256.h"

namespace darkroom::train {

void merge_base_weights(const LoraTraining& options, checkpoint::Checkpoint& model) {
  if (options.base_weights.empty()) return;
  std::vector<adapters::WeightedFile> files;
  for (size_t i = 0; i < options.base_weights.size(); ++i)
    files.push_back({options.base_weights[i], options.base_multiplier(i)});
  const adapters::ModelKeys keys(model);
  adapters::Merge().set(adapters::fitted_files(files, keys));
}

std::string base_weights_sha256(const LoraTraining& options) {
  if (options.base_weights.empty()) return "";
  formats::Sha256 sha;
  for (const auto& path : options.base_weights) sha.add_file(path);
  return sha.hex();
}

}  // namespace darkroom::train
