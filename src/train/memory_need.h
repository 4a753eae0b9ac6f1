// How much memory a run will take, before it takes it.
#pragma once

#include "models/unet.h"
#include "train/lora_training.h"

namespace darkroom::train {

struct MemoryNeed {
  int64_t kept = 0;   ///< bytes that are there for the whole run: what is trained, its gradients, optimizer, average
  int64_t model = 0;  ///< what stays as it is, mapped from its file where it can be
  int64_t step = 0;   ///< about: what a step keeps for its backward pass, and works in
  int64_t all() const { return kept + model + step; }
};

/// What so many parameters take with these options where a model itself is trained: `kept`, at least.
int64_t bytes_to_train(int64_t parameters, const RunConfig& run);

/// About what one step keeps of the UNet, in bytes: numbers that layers save for their backward pass, of a batch of
/// pictures of this size. Within a third of what is measured.
int64_t bytes_of_step(const models::UNet& unet, const PixelSize& picture, int64_t batch, const LoraTraining& options);

/// `machine`: bytes there are; 0 = unknown. Throws Error{out_of_memory} where `kept` alone is more, unless
/// options.ignore_memory says otherwise.
void require_memory(const MemoryNeed& need, int64_t machine, const LoraTraining& options);

/// What is said where all together is more than there is, by what can only be estimated; else empty.
std::string memory_warning(const MemoryNeed& need, int64_t machine, const LoraTraining& options);

}  // namespace darkroom::train
