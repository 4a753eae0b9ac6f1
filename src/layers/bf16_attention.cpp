#include "layers/bf16_attention.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "layers/bf16_kernels.h"
#include "layers/bf16_numbers.h"
#include "layers/kernels/bf16_attention_kernel.h"
#include "layers/kernels/tile_product_kernel.h"

namespace darkroom::layers {
namespace {

/// Keys and values of all heads as the kernel reads them.
struct PackedHeads {
  Bf16KeyLayout layout;
  int64_t key_size, value_size;  ///< numbers of one head
  Tensor keys, values;

  PackedHeads(const Tensor& k, const Tensor& v, int64_t heads)
      : layout(k.size(2) / heads, computes_in_tiles() && bf16_attention_block() % kTileSide == 0),
        key_size(layout.filled(k.size(1)) * layout.row),
        value_size(layout.filled(k.size(1)) * layout.places),
        keys(at::empty({k.size(0) * heads * key_size}, k.options())),
        values(at::empty({k.size(0) * heads * value_size}, k.options())) {
    const int64_t count = k.size(1), width = k.size(2), depth = width / heads;
    const int64_t blocks = (count + kBf16BlockKeys - 1) / kBf16BlockKeys;
    at::parallel_for(0, k.size(0) * heads * blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t one = i / blocks, first = i % blocks * kBf16BlockKeys;
        const int64_t from = (one / heads * count + first) * width + one % heads * depth;
        pack(bf16_data(k) + from, bf16_data(v) + from, width, depth, std::min(kBf16BlockKeys, count - first),
             bf16_data(keys) + one * key_size + first * layout.row,
             bf16_data(values) + one * value_size + first * layout.places);
      }
    });
  }

  /// A block of keys and values, `width` numbers apart.
  void pack(const std::uint16_t* key, const std::uint16_t* value, int64_t width, int64_t depth, int64_t used,
            std::uint16_t* rows, std::uint16_t* columns) const {
    const int64_t filled = layout.filled(used);
    for (int64_t i = 0; i < used; ++i) {
      std::copy_n(key + i * width, depth, rows + i * layout.row);
      std::fill_n(rows + i * layout.row + depth, layout.row - depth, std::uint16_t(0));
      for (int64_t place = 0; place < depth; ++place) columns[place * filled + i] = value[i * width + place];
    }
    std::fill(rows + used * layout.row, rows + filled * layout.row, std::uint16_t(0));
    for (int64_t place = 0; place < depth; ++place)
      std::fill(columns + place * filled + used, columns + (place + 1) * filled, std::uint16_t(0));
    std::fill(columns + depth * filled, columns + layout.places * filled, std::uint16_t(0));
  }
};

}  // namespace

bool can_use_bf16_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
  const auto fits = [](const Tensor& x) { return x.scalar_type() == at::kBFloat16 && x.device().is_cpu(); };
  return fits(q) && fits(k) && fits(v) && q.numel() > 0 && k.size(1) > 0 && q.size(2) / heads % 2 == 0 &&
         has_bf16_kernels();
}

Tensor bf16_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
  return bf16_attention(q, k, v, heads, Tensor());
}

Tensor bf16_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads, const Tensor& exponents) {
  const int64_t batch = q.size(0), queries = q.size(1), width = q.size(2), keys = k.size(1), depth = width / heads;
  const Tensor qs = q.contiguous(), out = at::empty_like(qs);
  const PackedHeads packed(k.contiguous(), v.contiguous(), heads);
  const std::uint16_t *q_data = bf16_data(qs), *k_data = bf16_data(packed.keys), *v_data = bf16_data(packed.values);
  std::uint16_t* out_data = bf16_data(out);
  const int64_t block = bf16_attention_block(), blocks = (queries + block - 1) / block;
  at::parallel_for(0, batch * heads * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t one = i / blocks, place = one / heads * queries * width + one % heads * depth;
      attend_bf16({.layout = packed.layout,
                   .query = q_data + place,
                   .key = k_data + one * packed.key_size,
                   .value = v_data + one * packed.value_size,
                   .out = out_data + place,
                   .queries = queries,
                   .keys = keys,
                   .depth = depth,
                   .query_stride = width,
                   .out_stride = width,
                   .scale = float(1.0 / std::sqrt(double(depth))),
                   .exponents = exponents.defined() ? exponents.data_ptr<float>() + one * queries : nullptr},
                  i % blocks * block);
    }
  });
  return out;
}

}  // namespace darkroom::layers
