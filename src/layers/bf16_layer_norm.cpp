#include "layers/bf16_layer_norm.h"

#include <ATen/Parallel.h>

#include "layers/bf16_kernels.h"
#include "layers/kernels/group_norm_kernel.h"

namespace darkroom::layers {

bool can_use_bf16_layer_norm(const Tensor& x, const Tensor& weight) {
  return x.scalar_type() == at::kBFloat16 && weight.scalar_type() == at::kBFloat16 && x.device().is_cpu() &&
         x.numel() > 0 && has_bf16_kernels();
}

Tensor bf16_layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  const Tensor rows = x.contiguous(), y = at::empty_like(rows);
  const Tensor factors = weight.to(at::kFloat).contiguous(), offsets = bias.to(at::kFloat).contiguous();
  const int64_t width = x.size(-1);
  const auto* from = reinterpret_cast<const std::uint16_t*>(rows.data_ptr<at::BFloat16>());
  auto* to = reinterpret_cast<std::uint16_t*>(y.data_ptr<at::BFloat16>());
  const float *factor = factors.data_ptr<float>(), *offset = offsets.data_ptr<float>();
  at::parallel_for(0, x.numel() / width, 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      normalise_bf16_row(from + row * width, width, factor, offset, float(eps), to + row * width);
  });
  return y;
}

}  // namespace darkroom::layers
