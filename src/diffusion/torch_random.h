// The random numbers that PyTorch draws on a CPU, which Stable Diffusion seeds stand for.
//
// They are libtorch's own: mt19937; from 16 values on uniform floats of 24 bits through Box-Muller in blocks of 16 (the
// last 16 drawn anew where n is not a multiple of 16), below 16 pairs of doubles of 53 bits, of which the second stays
// in the generator. The bits are those of its AVX2 kernel; on a CPU where libtorch takes another kernel the last place
// of a value may differ.
#pragma once

#include <cstdint>

#include "base/tensor.h"

namespace darkroom::diffusion {

/// torch.Generator("cpu").manual_seed(seed). mt19937 uses the low 32 bits of the seed. Copies share one state.
at::Generator torch_generator(std::uint64_t seed);

/// torch.randn(shape, generator=generator), float32 on the CPU. Advances the generator.
Tensor torch_randn(at::IntArrayRef shape, at::Generator& generator);

}  // namespace darkroom::diffusion
