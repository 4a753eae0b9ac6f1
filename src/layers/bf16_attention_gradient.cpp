#include "layers/bf16_attention_gradient.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "layers/bf16_numbers.h"
#include "layers/kernels/aligned_floats.h"
#include "layers/kernels/bf16_attention_kernel.h"
#include "layers/kernels/bf16_product_kernel.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kTileKeys = 8 * kPairRows;  // whose scores and gradients, 24 KiB, stay in the first cache

/// out (+)= rows [count][stride], of which `places` numbers count, times a panel.
void multiply_rows(const std::uint16_t* rows, int64_t stride, int64_t count, int64_t places, const float* panel,
                   bool adds, float* out) {
  const auto* pairs = reinterpret_cast<const std::uint16_t*>(panel);
  for (int64_t row = 0; row < count; row += kPairRows) {
    const std::uint16_t* each[kPairRows];
    const int64_t some = std::min(kPairRows, count - row);
    for (int64_t r = 0; r < some; ++r) each[r] = rows + (row + r) * stride;
    multiply_pairs(each, some, /*taps=*/1, /*first=*/0, places, pairs, adds, out + row * pair_panel());
  }
}

/// What a thread works with: panels of a block of queries, by pairs of places and by pairs of queries, what is made of
/// a tile of keys, and the sums of a head.
struct Scratch {
  AlignedFloats queries, above, query_columns, above_columns, exponents, shared;
  AlignedFloats scores, weight_gradients, weights, score_gradients, score_gradient_pairs;
  AlignedFloats query_sums, key_sums, value_sums;
  std::vector<std::uint16_t> keys, values, turned_keys;  ///< of a head; keys and values filled up to whole tiles
};

std::uint16_t* numbers(AlignedFloats& floats) {
  return reinterpret_cast<std::uint16_t*>(floats.data());
}

/// One head: rows of `depth` numbers, all `stride` apart, of queries (query, out, above, query_gradient) and of keys.
/// above: the gradient of out.
struct Head {
  const std::uint16_t *query, *key, *value, *out, *above;
  const float* exponents;
  std::uint16_t *query_gradient, *key_gradient, *value_gradient;
  int64_t queries, keys, depth, stride;

  int64_t all_keys() const { return (keys + kTileKeys - 1) / kTileKeys * kTileKeys; }  ///< in whole tiles
  /// That the places of one row fill, where they are columns.
  int64_t panels() const { return (depth + pair_panel() - 1) / pair_panel(); }

  void run(Scratch& s) const {
    const int64_t width = pair_panel(), sums = panels() * all_keys() * width;
    pack_keys(s);
    for (AlignedFloats* one : {&s.key_sums, &s.value_sums}) std::fill_n(one->fit(size_t(sums)), sums, 0.0f);
    for (AlignedFloats* one : {&s.scores, &s.weight_gradients}) one->fit(size_t(kTileKeys * width));
    for (AlignedFloats* one : {&s.weights, &s.score_gradients, &s.score_gradient_pairs})
      one->fit(size_t(kTileKeys * width / 2));
    for (int64_t first = 0; first < queries; first += width) {
      const int64_t count = std::min(width, queries - first);
      pack_queries(first, count, s);
      std::fill_n(s.query_sums.fit(size_t(depth * width)), depth * width, 0.0f);
      for (int64_t key = 0; key < keys; key += kTileKeys) go_back(key, s);
      for (int64_t d = 0; d < depth; ++d) {
        round_sums(s.query_sums.data() + d * width, nullptr, count, numbers(s.weights));
        for (int64_t query = 0; query < count; ++query)
          query_gradient[(first + query) * stride + d] = numbers(s.weights)[query];
      }
    }
    write(s.key_sums, key_gradient);
    write(s.value_sums, value_gradient);
  }

  void pack_keys(Scratch& s) const {
    const int64_t all = all_keys();
    for (auto& [from, to] : {std::pair{key, &s.keys}, {value, &s.values}}) {
      to->assign(size_t(all * depth), 0);
      for (int64_t row = 0; row < keys; ++row) std::copy_n(from + row * stride, depth, to->data() + row * depth);
    }
    s.turned_keys.assign(size_t(depth * all), 0);
    for (int64_t row = 0; row < keys; ++row)
      for (int64_t d = 0; d < depth; ++d) s.turned_keys[size_t(d * all + row)] = key[row * stride + d];
  }

  void pack_queries(int64_t first, int64_t count, Scratch& s) const {
    const int64_t width = pair_panel(), columns = panels() * width / 2 * width;  // pairs, each as large as a float
    for (AlignedFloats* one : {&s.queries, &s.above})
      std::fill_n(one->fit(size_t(depth / 2 * width)), depth / 2 * width, 0.0f);
    for (AlignedFloats* one : {&s.query_columns, &s.above_columns})
      std::fill_n(one->fit(size_t(columns)), columns, 0.0f);
    std::fill_n(s.exponents.fit(size_t(width)), width, -1e30f);  // no weight where there is no query
    std::fill_n(s.shared.fit(size_t(width)), width, 0.0f);
    for (int64_t place = 0; place < count; ++place) {
      const std::uint16_t *q = query + (first + place) * stride, *g = above + (first + place) * stride,
                          *o = out + (first + place) * stride;
      float shared = 0;
      for (int64_t d = 0; d < depth; ++d) {
        const int64_t by_places = (d / 2 * width + place) * 2 + d % 2;
        const int64_t by_queries = ((d / width * (width / 2) + place / 2) * width + d % width) * 2 + place % 2;
        numbers(s.queries)[by_places] = numbers(s.query_columns)[by_queries] = q[d];
        numbers(s.above)[by_places] = numbers(s.above_columns)[by_queries] = g[d];
        shared += bf16_value(g[d]) * bf16_value(o[d]);
      }
      s.exponents[size_t(place)] = exponents[first + place];
      s.shared[size_t(place)] = shared;
    }
  }

  /// A tile of keys against the block of queries.
  void go_back(int64_t key, Scratch& s) const {
    const int64_t width = pair_panel(), all = all_keys();
    multiply_rows(s.keys.data() + key * depth, depth, kTileKeys, depth, s.queries.data(), false, s.scores.data());
    multiply_rows(s.values.data() + key * depth, depth, kTileKeys, depth, s.above.data(), false,
                  s.weight_gradients.data());
    weigh_backwards({.keys = kTileKeys,
                     .scores = s.scores.data(),
                     .weight_gradients = s.weight_gradients.data(),
                     .exponents = s.exponents.data(),
                     .shared = s.shared.data(),
                     .scale = float(1.0 / std::sqrt(double(depth))),
                     .weights = numbers(s.weights),
                     .score_gradients = numbers(s.score_gradients),
                     .score_gradient_pairs = numbers(s.score_gradient_pairs)});
    multiply_rows(s.turned_keys.data() + key, all, depth, kTileKeys, s.score_gradient_pairs.data(), true,
                  s.query_sums.data());
    for (int64_t panel = 0; panel < panels(); ++panel) {
      const int64_t columns = panel * width / 2 * width, sums = (panel * all + key) * width;
      multiply_rows(numbers(s.weights), width, kTileKeys, width, s.above_columns.data() + columns, true,
                    s.value_sums.data() + sums);
      multiply_rows(numbers(s.score_gradients), width, kTileKeys, width, s.query_columns.data() + columns, true,
                    s.key_sums.data() + sums);
    }
  }

  void write(AlignedFloats& sums, std::uint16_t* to) const {
    const int64_t width = pair_panel();
    for (int64_t row = 0; row < keys; ++row)
      for (int64_t d = 0; d < depth; d += width)
        round_sums(sums.data() + (d / width * all_keys() + row) * width, nullptr, std::min(width, depth - d),
                   to + row * stride + d);
  }
};

}  // namespace

std::array<Tensor, 3> bf16_attention_gradients(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out,
                                               const Tensor& exponents, const Tensor& g, int64_t heads) {
  const int64_t batch = q.size(0), queries = q.size(1), width = q.size(2), keys = k.size(1), depth = width / heads;
  const Tensor qs = q.contiguous(), ks = k.contiguous(), vs = v.contiguous(), outs = out.contiguous(),
               gs = g.contiguous();
  const Tensor dq = at::empty_like(qs), dk = at::empty_like(ks), dv = at::empty_like(vs);
  at::parallel_for(0, batch * heads, 1, [&](int64_t begin, int64_t end) {
    thread_local Scratch scratch;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at_query = i / heads * queries * width + i % heads * depth,
                    at_key = i / heads * keys * width + i % heads * depth;
      Head{.query = bf16_data(qs) + at_query,
           .key = bf16_data(ks) + at_key,
           .value = bf16_data(vs) + at_key,
           .out = bf16_data(outs) + at_query,
           .above = bf16_data(gs) + at_query,
           .exponents = exponents.data_ptr<float>() + i * queries,
           .query_gradient = bf16_data(dq) + at_query,
           .key_gradient = bf16_data(dk) + at_key,
           .value_gradient = bf16_data(dv) + at_key,
           .queries = queries,
           .keys = keys,
           .depth = depth,
           .stride = width}
          .run(scratch);
    }
  });
  return {dq, dk, dv};
}

}  // namespace darkroom::layers
