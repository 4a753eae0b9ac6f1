#include "adapters/layer_changes.h"

#include "adapters/known_weights.h"
#include "base/error.h"
#include "formats/safetensors.h"
#include "formats/utf8.h"

namespace darkroom::adapters {
namespace {

std::vector<float> values_of(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  const Tensor row_major = tensor.to(at::kFloat).contiguous();
  const float* first = row_major.data_ptr<float>();
  return {first, first + row_major.numel()};
}

/// The vector outlives what is made of it here.
formats::StoredTensor stored(const std::vector<float>& values, const std::vector<int64_t>& shape) {
  return {formats::DType::f32, shape, reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float),
          nullptr};
}

}  // namespace

std::vector<LayerChange> layer_changes(const WeightedFile& file, const ChangedWeights& weights,
                                       const std::string& only) {
  const NoGrad guard;
  const KnownWeights known(weights.model, weights.file);
  const auto adapter = std::make_shared<const AdapterFile>(read_adapter_file(file.path));
  require_numbers(*adapter);
  if (known.keys()) fit(adapter, *known.keys());  // refuses what was made for another family
  std::vector<LayerChange> changes;
  for (const AdapterModule& module : adapter->modules) {
    if (!only.empty() && only != module.stem && only != module.layer) continue;
    const Change found = known_change(module, known.weight(module), {.multiplier = file.weight});
    require(found.weight.defined(), ErrorKind::invalid_request,
            "what {} does to {} depends on the weight: give the model with --model, or the weight with --weights",
            kind_text(module.kind, module.factors), formats::in_quotes(module.stem));
    changes.push_back({module.stem, kind_text(module.kind, module.factors), found.weight.sizes().vec(),
                       values_of(found.weight), values_of(found.bias)});
  }
  require(!changes.empty(), ErrorKind::invalid_request, "the LoRA {} has no layer {}",
          formats::in_quotes(file.path.string()), formats::in_quotes(only));
  return changes;
}

void write_layer_changes(const std::vector<LayerChange>& changes, const std::filesystem::path& out) {
  std::vector<std::pair<std::string, formats::StoredTensor>> tensors;
  for (const LayerChange& change : changes) {
    tensors.emplace_back(change.layer + ".weight", stored(change.weight, change.shape));
    if (!change.bias.empty())
      tensors.emplace_back(change.layer + ".bias", stored(change.bias, {int64_t(change.bias.size())}));
  }
  formats::write_safetensors(out, tensors);
}

}  // namespace darkroom::adapters
