// Numbers of two bytes as the fp32 numbers they are. No tensors here.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// IEEE half precision, subnormals and infinities included.
void widen_fp16(const std::uint16_t* from, std::int64_t count, float* to);

/// The upper half of fp32.
void widen_bf16(const std::uint16_t* from, std::int64_t count, float* to);

}  // namespace darkroom::layers
