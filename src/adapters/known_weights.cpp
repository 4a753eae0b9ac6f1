#include "adapters/known_weights.h"

#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "formats/file_kind.h"

namespace darkroom::adapters {

KnownWeights::KnownWeights(const std::filesystem::path& model, const std::filesystem::path& file) {
  require(model.empty() || file.empty(), ErrorKind::invalid_request,
          "weights to change: either a model or a file of weights, not both");
  if (!model.empty()) {
    model_ = checkpoint::load_checkpoint(model);
    keys_ = std::make_unique<ModelKeys>(model_);
  }
  if (!file.empty()) file_ = formats::read_tensor_file(file);
}

Tensor KnownWeights::weight(const AdapterModule& module) const {
  for (const std::string& layer : {module.stem, module.layer}) {
    const auto stored = file_.tensors.find(layer + ".weight");
    if (stored != file_.tensors.end()) return checkpoint::tensor_view(stored->second);
  }
  const Place* place = keys_ ? keys_->find(module.layer) : nullptr;
  if (!place) return {};
  std::vector<Tensor> rows;
  for (int i = 0; i < place->count; ++i) rows.push_back(*place->group->layers[size_t(place->first + i)].weight);
  return rows.size() == 1 ? rows[0] : at::cat(rows);
}

Change known_change(const AdapterModule& module, const Tensor& weight, const Strength& strength) {
  if (weight.defined()) {
    const Shape part = changed_part(module.kind, module.factors, weight.sizes().vec());
    return change(module, part == weight.sizes() ? weight : weight.narrow(1, 0, part[1]), strength);
  }
  if (acts_on_weight(module.kind, module.factors)) return {};
  return change(module, at::zeros(change_shape(module.kind, module.factors)), strength);
}

}  // namespace darkroom::adapters
