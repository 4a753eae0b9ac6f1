#include "layers/stored_weight.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>

#include <algorithm>

#include "layers/emulated_precision.h"
#include "layers/kernels/widening_kernel.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kShare = 1 << 16;  // values a thread takes at a time
constexpr int64_t kPiece = 1 << 11;  // of them, 8 KiB that stay in the first cache

}  // namespace

bool is_readable(const Tensor& stored) {
  const at::ScalarType type = stored.scalar_type();
  return stored.device().is_cpu() && (type == at::kFloat || type == at::kHalf || type == at::kBFloat16);
}

void widen(const Tensor& stored, int64_t first, int64_t count, float* to) {
  const auto* halves = static_cast<const uint16_t*>(stored.data_ptr()) + first;
  switch (stored.scalar_type()) {
    case at::kHalf:
      return widen_fp16(halves, count, to);
    case at::kBFloat16:
      return widen_bf16(halves, count, to);
    default:
      std::copy_n(stored.data_ptr<float>() + first, count, to);
  }
}

Tensor in_type(const Tensor& stored, at::ScalarType type) {
  if (!stored.defined() || stored.scalar_type() == type) return stored;
  const NetworkScope outside(nullptr);  // a number that is only written in another way is no rounded result
  const bool is_constant = !at::GradMode::is_enabled() || !stored.requires_grad();
  if (type != at::kFloat || !is_readable(stored) || !is_constant) return stored.to(type);
  const Tensor rows = stored.contiguous(), wide = at::empty(stored.sizes(), stored.options().dtype(at::kFloat));
  float* to = wide.data_ptr<float>();
  at::parallel_for(0, rows.numel(), kShare,
                   [&](int64_t begin, int64_t end) { widen(rows, begin, end - begin, to + begin); });
  return wide;
}

Tensor for_product(const Tensor& stored, at::ScalarType type) {
  const bool is_narrow =
      stored.defined() && (stored.scalar_type() == at::kBFloat16 || stored.scalar_type() == at::kHalf);
  const bool is_rounded = at::autocast::is_cpu_enabled() && at::autocast::get_autocast_cpu_dtype() == at::kBFloat16;
  return in_type(stored, is_narrow && is_rounded ? at::kBFloat16 : type);
}

Tensor plus_stored(const Tensor& change, const Tensor& stored) {
  if (!is_readable(stored) || !stored.is_contiguous() || !change.is_contiguous()) return Tensor(change).add_(stored);
  float* to = change.data_ptr<float>();
  at::parallel_for(0, change.numel(), kShare, [&](int64_t begin, int64_t end) {
    float wide[kPiece];
    for (int64_t i = begin; i < end; i += kPiece) {
      const int64_t count = std::min(kPiece, end - i);
      widen(stored, i, count, wide);
      for (int64_t j = 0; j < count; ++j) to[i + j] += wide[j];
    }
  });
  return change;
}

}  // namespace darkroom::layers
