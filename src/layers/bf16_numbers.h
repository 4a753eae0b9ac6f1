// Numbers of a bf16 tensor as kernels see them: the upper halves of fp32 ones.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/tensor.h"

namespace darkroom::layers {

/// Requires: x is bf16.
inline std::uint16_t* bf16_data(const Tensor& x) {
  return reinterpret_cast<std::uint16_t*>(x.data_ptr<at::BFloat16>());
}

/// One of them as a float.
inline float bf16_value(std::uint16_t bits) {
  const std::uint32_t wide = std::uint32_t(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

}  // namespace darkroom::layers
