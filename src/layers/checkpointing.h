// Gradient checkpointing: of a part of a network only the inputs are kept for the backward pass, which computes the
// part again. Less memory for a third more work (Chen et al. 2016, arXiv 1604.06174).
#pragma once

#include <functional>
#include <vector>

#include "base/tensor.h"

namespace darkroom::layers {

/// Off at start. Not thread-safe: set it before starting work.
void set_checkpointing(bool on);
bool checkpointing();

/// compute(inputs), with gradients of the inputs and of whatever parameters it uses. Where checkpointing is off, or no
/// gradients are recorded, that is all; otherwise compute runs a second time in the backward pass and must then do the
/// same. It must not hold what dies before.
Tensor checkpointed(const std::function<Tensor(const std::vector<Tensor>&)>& compute,
                    const std::vector<Tensor>& inputs);

/// The same where checkpointing is off too, if what the part would keep otherwise is much: recomputed_from() numbers or
/// more. For parts that keep much and cost little.
Tensor checkpointed_if_large(const std::function<Tensor(const std::vector<Tensor>&)>& compute,
                             const std::vector<Tensor>& inputs, int64_t kept_numbers);

/// In bf16 more: such numbers are half as large, and what is computed again packs its weights again.
int64_t recomputed_from(bool in_bf16);

}  // namespace darkroom::layers
