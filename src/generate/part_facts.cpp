// What a loaded model takes, part by part.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "checkpoint/mapped_weights.h"
#include "formats/utf8.h"
#include "generate/loaded_model.h"
#include "generate/network_device.h"
#include "layers/module.h"
#include "layers/packed_weight.h"
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
  facts.packed_bytes = part.packed_bytes();
  facts.memory_bytes += facts.packed_bytes;
  facts.read_bytes = checkpoint::mapped_bytes_in_memory(part);
  for (const auto& [precision, size] : bytes)
    if (facts.precision.empty() || size > bytes[facts.precision]) facts.precision = precision;
  return facts;
}

/// What is on a device is counted there alone, wherever the weights came from.
void put_on_accelerator(PartFacts& facts) {
  facts.accelerator_bytes = facts.memory_bytes + facts.file_bytes;
  facts.memory_bytes = facts.file_bytes = facts.read_bytes = facts.packed_bytes = 0;
}

/// Back to the file with it: pages that were read, and what was made of them.
void let_go_of(const layers::Module& network) {
  network.drop_packed();
  checkpoint::let_go_of(network);
}

}  // namespace

std::vector<PartFacts> LoadedModel::part_facts() const {
  const std::lock_guard alone(parts_->running);
  std::vector<PartFacts> all;
  for (const auto& [name, network] : networks_in_turn(parts_->checkpoint)) {
    all.push_back(facts_of(name, *network));
    if (parts_->placement && parts_->placement->is_on_device(name)) put_on_accelerator(all.back());
  }
  all.push_back(
      {.name = "LoRA", .memory_bytes = parts_->adapters->bytes(), .precision = precision_of(parts_->unet_dtype)});
  return all;
}

void LoadedModel::move_part(const std::string& name, PartPlace to) const {
  const std::lock_guard alone(parts_->running);
  for (const auto& [known, network] : networks_in_turn(parts_->checkpoint)) {
    if (known != name) continue;
    if (to == PartPlace::accelerator) {
      require(parts_->placement != nullptr, ErrorKind::invalid_request,
              "move the {} to an accelerator: this model is computed on the processor; see --device", name);
      return parts_->placement->use(name);
    }
    if (parts_->placement) parts_->placement->give_back(name);
    if (to == PartPlace::memory) return checkpoint::read_mapped(*network);
    const PartFacts facts = facts_of(name, *network);
    require(
        facts.can_return_to_file(), ErrorKind::invalid_request,
        "move the {} to its file: its weights must be used as the file has them, but were converted to {}; unload the "
        "checkpoint instead",
        name, facts.precision);
    let_go_of(*network);
    return release_memory();
  }
  fail(ErrorKind::not_found, "move the part {}: the model has none of that name that can be moved",
       formats::in_quotes(name.substr(0, 100)));
}

void LoadedModel::keep_on_accelerator(const std::set<std::string>& names) const {
  const std::lock_guard alone(parts_->running);
  if (parts_->placement) parts_->placement->pin(names);
}

void LoadedModel::free_accelerator() const {
  const std::lock_guard alone(parts_->running);
  if (parts_->placement) parts_->placement->give_back_unpinned();
}

void LoadedModel::Parts::place_on(PartDevice& other) const {
  std::vector<PlacedPart> parts;
  for (const auto& [part, network] : networks_in_turn(checkpoint)) {
    parts.push_back({.name = part});
    for (const Tensor& weight : network->parameters()) parts.back().bytes += int64_t(weight.nbytes());
  }
  placement = std::make_unique<Placement>(other, std::move(parts));
}

void LoadedModel::Parts::turn_of_text_encoders() const {
  if (!placement) return;
  for (const auto& [part, network] : networks_in_turn(checkpoint))
    if (part.starts_with("Text encoder")) placement->use(part);
}

// What the widest layers compute in, by estimate: a dozen maps of the finest level, for both halves of guidance.
void LoadedModel::Parts::turn_of_unet(const GenerateRequest& request) const {
  constexpr int64_t kMaps = 12, kHalves = 2;
  if (!placement) return;
  const int64_t reduction = checkpoint.vae->config.reduction();
  const int64_t latents = (request.width / reduction) * (request.height / reduction);
  placement->use("UNet", kMaps * kHalves * request.batch_size * latents * checkpoint.unet->config.channels.front() *
                             int64_t(c10::elementSize(unet_dtype)));
}

// Three maps of the picture's own size; pictures are decoded one by one.
void LoadedModel::Parts::turn_of_vae(const GenerateRequest& request) const {
  constexpr int64_t kMaps = 3;
  if (!placement) return;
  placement->use("VAE", kMaps * request.width * request.height * checkpoint.vae->config.channels.front() *
                            int64_t(c10::elementSize(vae_dtype)));
}

void LoadedModel::Parts::leave_accelerator() const {
  if (!placement) return;
  for (const auto& [part, network] : networks_in_turn(checkpoint)) placement->give_back(part);
}

void LoadedModel::Parts::keep_unet_blocks(bool keep) const {
  checkpoint.unet->on_used = [keep, packed = layers::packed_weights()](const models::UNetBlock& block) mutable {
    // What was packed is not read from the file again.
    if (!keep || packed != layers::packed_weights()) checkpoint::let_go_of(block);
    if (!keep) block.drop_packed();
    packed = layers::packed_weights();
  };
}

void LoadedModel::Parts::let_go_of_text_encoders() const {
  for (const auto& encoder : checkpoint.text_encoders) let_go_of(*encoder);
  release_memory();
}

void LoadedModel::Parts::let_go_of_unet() const {
  let_go_of(*checkpoint.unet);
  release_memory();
}

void LoadedModel::Parts::let_go_of_vae() const {
  let_go_of(*checkpoint.vae);
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
