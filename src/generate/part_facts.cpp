// What a loaded model takes, part by part.
#include <map>
#include <string>

#include "base/error.h"
#include "checkpoint/mapped_weights.h"
#include "generate/loaded_model.h"
#include "layers/module.h"
#include "layers/tensor_memory.h"

namespace darkroom::generate {
namespace {

std::string precision_of(at::ScalarType type) {
  return type == at::kBFloat16 ? "bf16" : type == at::kHalf ? "fp16" : "fp32";
}

PartFacts facts_of(const std::string& name, layers::Module& part) {
  PartFacts facts{.name = name};
  std::map<std::string, int64_t> bytes;  // by precision: a few weights are kept in another than the rest
  for (const auto& [key, weight] : part.named_parameters()) {
    (checkpoint::is_mapped(*weight) ? facts.file_bytes : facts.memory_bytes) += int64_t(weight->nbytes());
    bytes[precision_of(weight->scalar_type())] += int64_t(weight->nbytes());
  }
  for (const auto& [precision, size] : bytes)
    if (facts.precision.empty() || size > bytes[facts.precision]) facts.precision = precision;
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

void LoadedModel::Parts::keep_unet_blocks(bool keep) const {
  checkpoint.unet->on_used = nullptr;
  if (!keep) checkpoint.unet->on_used = [](const models::UNetBlock& block) { checkpoint::let_go_of(block); };
}

void LoadedModel::Parts::let_go_of_text_encoders() const {
  for (const auto& encoder : checkpoint.text_encoders) checkpoint::let_go_of(*encoder);
  release_memory();
}

void LoadedModel::Parts::let_go_of_unet() const {
  checkpoint::let_go_of(*checkpoint.unet);
  release_memory();
}

void LoadedModel::Parts::let_go_of_vae() const {
  checkpoint::let_go_of(*checkpoint.vae);
  release_memory();
}

void LoadedModel::Parts::require_unwritten() const {
  for (const auto& encoder : checkpoint.text_encoders) checkpoint::require_unwritten(*encoder);
  checkpoint::require_unwritten(*checkpoint.unet);
  checkpoint::require_unwritten(*checkpoint.vae);
}

bool LoadedModel::is_outdated() const {
  try {
    parts_->require_unwritten();
  } catch (const Error&) {
    return true;
  }
  return false;
}

void release_memory() {
  layers::release_unused_tensor_memory();
}

}  // namespace darkroom::generate
