// What a loaded model takes, part by part.
#include <string>

#include "generate/loaded_model.h"
#include "layers/module.h"
#include "layers/tensor_memory.h"

namespace darkroom::generate {
namespace {

/// Weights in the file's own type are views of the mapped file, whose memory has no allocator.
bool is_mapped(const Tensor& weight) {
  return weight.storage().allocator() == nullptr;
}

std::string precision_of(at::ScalarType type) {
  return type == at::kBFloat16 ? "bf16" : type == at::kHalf ? "fp16" : "fp32";
}

PartFacts facts_of(const std::string& name, layers::Module& part) {
  PartFacts facts{.name = name};
  for (const auto& [key, weight] : part.named_parameters()) {
    (is_mapped(*weight) ? facts.file_bytes : facts.memory_bytes) += int64_t(weight->nbytes());
    facts.precision = precision_of(weight->scalar_type());
  }
  return facts;
}

}  // namespace

std::vector<PartFacts> LoadedModel::part_facts() const {
  const std::lock_guard alone(parts_->running);
  const checkpoint::Checkpoint& model = parts_->checkpoint;
  std::vector<PartFacts> all;
  for (size_t i = 0; i < model.text_encoders.size(); ++i)
    all.push_back(facts_of(i == 0 ? "Text encoder" : "Text encoder 2", *model.text_encoders[i]));
  all.push_back(facts_of("UNet", *model.unet));
  all.push_back(facts_of("VAE", *model.vae));
  all.push_back(
      {.name = "LoRA", .memory_bytes = parts_->adapters->bytes(), .precision = precision_of(parts_->unet_dtype)});
  return all;
}

void release_memory() {
  layers::release_unused_tensor_memory();
}

}  // namespace darkroom::generate
