// The random numbers that PyTorch draws on an NVIDIA card, computed here: most pictures shared on the web began with
// them. Source of truth: A1111, modules/rng_philox.py; Philox4x32-10 of Salmon et al. 2011.
#pragma once

#include <array>
#include <cstdint>

#include "base/tensor.h"

namespace darkroom::diffusion {

using PhiloxWords = std::array<std::uint32_t, 4>;

/// Philox4x32-10: four random words for each counter and key, in any order.
PhiloxWords philox(PhiloxWords counter, std::uint64_t key);

/// The words of `count` counters {counter[0], counter[0] + 1, ...; the rest the same}, one after another: 4 * count.
void philox_run(const PhiloxWords& counter, std::uint64_t key, std::int64_t count, std::uint32_t* out);

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
