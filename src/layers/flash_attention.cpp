#include "layers/flash_attention.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "layers/kernels/attention_kernel.h"

namespace darkroom::layers {
namespace {

using Size = int64_t (*)(int64_t keys, int64_t depth);
using Pack = void (*)(const float* rows, int64_t stride, int64_t keys, int64_t depth, float* packed);

/// [B, T, heads * d] -> [B * heads, what one head takes].
Tensor packed_by_head(const Tensor& x, int64_t heads, Size size, Pack pack) {
  const int64_t keys = x.size(1), width = x.size(2), depth = width / heads, all = x.size(0) * heads;
  const Tensor packed = at::empty({all, size(keys, depth)}, x.options());
  const float* from = x.data_ptr<float>();
  float* to = packed.data_ptr<float>();
  at::parallel_for(0, all, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      pack(from + i / heads * keys * width + i % heads * depth, width, keys, depth, to + i * packed.size(1));
  });
  return packed;
}

}  // namespace

bool can_flash(const Tensor& q, const Tensor& k, const Tensor& v) {
  const auto fits = [](const Tensor& x) { return x.scalar_type() == at::kFloat && x.device().is_cpu(); };
  return fits(q) && fits(k) && fits(v) && q.numel() > 0 && k.size(1) > 0;
}

Tensor flash_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
  const int64_t batch = q.size(0), queries = q.size(1), width = q.size(2), keys = k.size(1), depth = width / heads;
  const Tensor qs = q.contiguous(), ks = packed_by_head(k.contiguous(), heads, packed_keys_size, pack_keys),
               vs = packed_by_head(v.contiguous(), heads, packed_values_size, pack_values);
  const Tensor out = at::empty_like(qs);
  const float *q_data = qs.data_ptr<float>(), *k_data = ks.data_ptr<float>(), *v_data = vs.data_ptr<float>();
  float* out_data = out.data_ptr<float>();
  const int64_t block = attention_block(), blocks = (queries + block - 1) / block;
  at::parallel_for(0, batch * heads * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t one = i / blocks, image = one / heads, head = one % heads;
      const int64_t place = image * queries * width + head * depth;
      attend({.query = q_data + place,
              .key = k_data + one * ks.size(1),
              .value = v_data + one * vs.size(1),
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
