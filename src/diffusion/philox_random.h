// The random numbers that PyTorch draws on an NVIDIA card, computed here: most pictures shared on the web began with
// them. Source of truth: A1111, modules/rng_philox.py; Philox4x32-10 of Salmon et al. 2011.
#pragma once

#include <cstdint>

#include "base/tensor.h"

namespace darkroom::diffusion {

/// torch.Generator("cuda").manual_seed(seed), for tensors that fit one launch of the card's threads (latents do).
class PhiloxGenerator {
 public:
  explicit PhiloxGenerator(std::uint64_t seed) : seed_(seed) {}

  /// torch.randn(shape, device="cuda"): float32, on the CPU. Every call continues where the last one ended.
  Tensor randn(at::IntArrayRef shape);

 private:
  std::uint64_t seed_;
  std::uint32_t calls_ = 0;
};

}  // namespace darkroom::diffusion
