// Scratch memory of kernels, aligned to cache lines: vectors that straddle two of them take twice as long to load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace darkroom::layers {

/// Grows and never shrinks; contents are lost when it grows.
class AlignedFloats {
 public:
  float* fit(std::size_t count) {
    if (count > size_) {
      storage_.resize(count + kLine);
      size_ = count;
    }
    return data();
  }
  float* data() {
    constexpr std::uintptr_t kBytes = kLine * sizeof(float);
    return reinterpret_cast<float*>((reinterpret_cast<std::uintptr_t>(storage_.data()) + kBytes - 1) / kBytes * kBytes);
  }
  float& operator[](std::size_t i) { return data()[i]; }

 private:
  static constexpr std::size_t kLine = 16;
  std::vector<float> storage_;
  std::size_t size_ = 0;
};

}  // namespace darkroom::layers
