// Whether bf16 is computed by kernels of our own. No tensors here.
#pragma once

namespace darkroom::layers {

/// Where products of bf16 pairs are an instruction of the processor (AVX512-BF16), or where tests have them emulated.
bool has_bf16_kernels();

/// Whether products are those of tiles (AMX) where that pays: linear layers, convolutions, attention.
bool computes_in_tiles();

/// What tests set: one kind of products whether or not the processor has it, which is emulated then. Not thread-safe:
/// set it before starting work.
enum class Bf16Kernels { of_processor, in_vectors, in_tiles };
void use_bf16_kernels(Bf16Kernels kind);

}  // namespace darkroom::layers
