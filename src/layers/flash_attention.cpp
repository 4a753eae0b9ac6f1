#include "layers/flash_attention.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "layers/kernels/attention_kernel.h"

namespace darkroom::layers {
namespace {

/// [B, T, heads * d] -> [B, heads, T, d], one row after another.
Tensor by_head(const Tensor& x, int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2).contiguous();
}

}  // namespace

bool can_flash(const Tensor& q, const Tensor& k, const Tensor& v) {
  const auto fits = [](const Tensor& x) { return x.scalar_type() == at::kFloat && x.device().is_cpu(); };
  return fits(q) && fits(k) && fits(v) && q.numel() > 0 && k.size(1) > 0;
}

Tensor flash_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
  const int64_t batch = q.size(0), queries = q.size(1), width = q.size(2), keys = k.size(1), depth = width / heads;
  const Tensor qs = q.contiguous(), ks = by_head(k.contiguous(), heads), vs = by_head(v.contiguous(), heads);
  const Tensor out = at::empty_like(qs);
  const float *q_data = qs.data_ptr<float>(), *k_data = ks.data_ptr<float>(), *v_data = vs.data_ptr<float>();
  float* out_data = out.data_ptr<float>();
  const int64_t block = attention_block(), blocks = (queries + block - 1) / block;
  at::parallel_for(0, batch * heads * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t one = i / blocks, image = one / heads, head = one % heads;
      const int64_t place = image * queries * width + head * depth;
      attend({.query = q_data + place,
              .key = k_data + one * keys * depth,
              .value = v_data + one * keys * depth,
              .out = out_data + place,
              .queries = queries,
              .keys = keys,
              .depth = depth,
              .query_stride = width,
              .out_stride = width,
              .scale = float(1.0 / std::sqrt(double(depth)))},
             i % blocks * block);
    }
  });
  return out;
}

}  // namespace darkroom::layers
