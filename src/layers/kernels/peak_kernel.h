// The most this processor can do: loops that only multiply and add, or only read. What kernels are measured against.
// No tensors here.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// The vectors our kernels compute with on this processor: "AVX2", "AVX3", "NEON" ...
const char* vector_instructions();

/// Fused multiplications and additions of float32 vectors in registers, on this thread. Answers how many FLOP they
/// were.
double multiply_in_registers(std::int64_t rounds);

/// The same with dot products of bf16 pairs that are added in float32 (AVX512-BF16); 0 where the processor has none.
double bf16_dot_products_in_registers(std::int64_t rounds);

/// Sum of so many numbers: reads each once.
float sum_of(const float* numbers, std::int64_t count);

}  // namespace darkroom::layers
