// What tests of bf16 kernels share.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/tensor.h"
#include "layers/bf16_kernels.h"

namespace darkroom::layers {

/// Each with the kernels of vectors and those of tiles. Processors without bf16 emulate its products, exactly.
class Bf16Test : public ::testing::TestWithParam<Bf16Kernels> {
 protected:
  void SetUp() override {
    use_bf16_kernels(GetParam());
    // Compiled for AVX3_DL with AVX512-BF16 (bf16-inl.h): on a processor that has the first alone, as Ice Lake, they
    // would end the program, and nothing else of ours stands in for them there.
    if (!has_bf16_kernels()) GTEST_SKIP() << "this processor cannot run them";
    at::manual_seed(5);
  }
  void TearDown() override { use_bf16_kernels(Bf16Kernels::of_processor); }

  const NoGrad no_grad_;
};

inline const auto kAllBf16Kernels = ::testing::Values(Bf16Kernels::in_vectors, Bf16Kernels::in_tiles);
inline std::string name_of(const ::testing::TestParamInfo<Bf16Kernels>& kernels) {
  return kernels.param == Bf16Kernels::in_tiles ? "InTiles" : "InVectors";
}

inline Tensor bf16_numbers(at::IntArrayRef sizes, double scale = 1, double offset = 0) {
  return (at::randn(sizes) * scale + offset).to(at::kBFloat16);
}

/// The largest difference to a result in fp64 by the largest number. Rounding once costs 1/512 at most.
inline double bf16_error(const Tensor& ours, const Tensor& exact) {
  return ((ours.to(at::kDouble) - exact).abs().max() / exact.abs().max()).item<double>();
}

}  // namespace darkroom::layers
