// Whether bf16 is computed by kernels of our own. No tensors here.
#pragma once

namespace darkroom::layers {

/// Where products of bf16 pairs are an instruction of the processor (AVX512-BF16), or for tests, which set it, where
/// they are emulated. Not thread-safe: set it before starting work.
bool has_bf16_kernels();
void emulate_bf16_kernels(bool on);

}  // namespace darkroom::layers
