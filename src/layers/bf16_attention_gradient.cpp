#include "layers/bf16_attention_gradient.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "layers/bf16_kernels.h"
#include "layers/bf16_numbers.h"
#include "layers/kernels/aligned_floats.h"
#include "layers/kernels/bf16_attention_kernel.h"
#include "layers/kernels/bf16_product_kernel.h"
#include "layers/kernels/tile_product_kernel.h"

namespace darkroom::layers {
namespace {

// Whose scores and gradients stay in the first cache, 24 KiB, or in tiles, where more of each sum is added up at a
// time.
constexpr int64_t kTileKeys = 8 * kPairRows, kKeysInTiles = 64;

// Of queries, as many as are worked off together: sums of all keys pass by once for so many.
constexpr int64_t kBlocks = 4;

/// A matrix of `count` rows, `stride` apart, of which `places` numbers count.
struct Rows {
  const std::uint16_t* first;
  int64_t stride, count, places;
};

void multiply_in_tiles(const Rows& rows, const std::uint16_t* panel, int64_t columns, bool adds, float* out) {
  const int64_t width = pair_panel();
  for (int64_t column = 0; column < columns; column += 2 * kTileSide)
    for (int64_t row = 0; row < rows.count; row += 2 * kTileSide)
      multiply_tiles(tiles_of_rows(rows.first + row * rows.stride, rows.stride, rows.count - row),
                     tiles_of_columns(panel + 2 * column, width, columns - column), rows.places / kTilePlaces, adds,
                     out + row * width + column, width);
}

/// out (+)= rows times the first `columns` of a panel. In tiles rows and places are whole ones.
void multiply_rows(const Rows& rows, const float* panel, int64_t columns, bool in_tiles, bool adds, float* out) {
  const auto* pairs = reinterpret_cast<const std::uint16_t*>(panel);
  if (in_tiles) return multiply_in_tiles(rows, pairs, columns, adds, out);
  for (int64_t row = 0; row < rows.count; row += kPairRows) {
    const std::uint16_t* each[kPairRows];
    const int64_t some = std::min(kPairRows, rows.count - row);
    for (int64_t r = 0; r < some; ++r) each[r] = rows.first + (row + r) * rows.stride;
    multiply_pairs(each, some, /*taps=*/1, /*first=*/0, rows.places, pairs, adds, out + row * pair_panel());
  }
}

/// What a thread works with: panels of blocks of queries, by pairs of places and by pairs of queries, what is made of a
/// tile of keys, and the sums of the blocks and of a head.
struct Scratch {
  AlignedFloats queries, above, query_columns, above_columns, exponents, shared;
  AlignedFloats scores, weight_gradients, weights, score_gradients, score_gradient_pairs;
  AlignedFloats query_sums, rounded, key_sums, value_sums;
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
  Bf16KeyLayout layout;  ///< of their rows, and of depth where it is rows

  int64_t tile_keys() const { return layout.is_tiles ? kKeysInTiles : kTileKeys; }
  int64_t all_keys() const { return rounded_up(keys, tile_keys()); }  ///< in whole tiles
  /// That the places of one row fill, where they are columns.
  int64_t panels() const { return (depth + pair_panel() - 1) / pair_panel(); }

  /// Floats of a block: of a panel by pairs of places, and of the queries' sums.
  int64_t panel_size() const { return layout.row / 2 * pair_panel(); }
  int64_t sums_size() const { return layout.places * pair_panel(); }

  void run(Scratch& s) const {
    const int64_t width = pair_panel(), sums = panels() * all_keys() * width;
    pack_keys(s);
    for (AlignedFloats* one : {&s.key_sums, &s.value_sums}) std::fill_n(one->fit(size_t(sums)), sums, 0.0f);
    for (AlignedFloats* one : {&s.scores, &s.weight_gradients}) one->fit(size_t(tile_keys() * width));
    for (AlignedFloats* one : {&s.weights, &s.score_gradients}) one->fit(size_t(tile_keys() * kBlocks * width / 2));
    s.score_gradient_pairs.fit(size_t(tile_keys() * width / 2));
    s.rounded.fit(size_t(width));
    const std::optional<TileRegisters> registers =
        layout.is_tiles ? std::optional<TileRegisters>(std::in_place) : std::nullopt;
    for (int64_t first = 0; first < queries; first += kBlocks * width) {
      const int64_t blocks = std::min(kBlocks, (queries - first + width - 1) / width);
      start_blocks(s);
      for (int64_t block = 0; block < blocks; ++block) pack_queries(first, block, s);
      for (int64_t key = 0; key < keys; key += tile_keys()) go_back(key, blocks, s);
      for (int64_t block = 0; block < blocks; ++block) write_queries(first, block, s);
    }
    write(s.key_sums, key_gradient);
    write(s.value_sums, value_gradient);
  }

  void pack_keys(Scratch& s) const {
    const int64_t all = all_keys();
    for (auto& [from, to] : {std::pair{key, &s.keys}, {value, &s.values}}) {
      to->assign(size_t(all * layout.row), 0);
      for (int64_t row = 0; row < keys; ++row) std::copy_n(from + row * stride, depth, to->data() + row * layout.row);
    }
    s.turned_keys.assign(size_t(layout.places * all), 0);
    for (int64_t row = 0; row < keys; ++row)
      for (int64_t d = 0; d < depth; ++d) s.turned_keys[size_t(d * all + row)] = key[row * stride + d];
  }

  void start_blocks(Scratch& s) const {
    const int64_t width = pair_panel();
    const auto clear = [](AlignedFloats& floats, int64_t size, float value) {
      std::fill_n(floats.fit(size_t(size)), size, value);
    };
    for (AlignedFloats* one : {&s.queries, &s.above}) clear(*one, kBlocks * panel_size(), 0);
    for (AlignedFloats* one : {&s.query_columns, &s.above_columns}) clear(*one, panels() * columns_size(), 0);
    clear(s.exponents, kBlocks * width, -1e30f);  // no weight where there is no query
    clear(s.shared, kBlocks * width, 0);
    clear(s.query_sums, kBlocks * sums_size(), 0);
  }

  /// Floats of a panel of all blocks by pairs of queries.
  static int64_t columns_size() { return kBlocks * pair_panel() / 2 * pair_panel(); }

  void pack_queries(int64_t first, int64_t block, Scratch& s) const {
    const int64_t width = pair_panel(), begin = first + block * width, count = std::min(width, queries - begin);
    std::uint16_t *q_places = numbers(s.queries) + 2 * block * panel_size(), *q_columns = numbers(s.query_columns),
                  *g_places = numbers(s.above) + 2 * block * panel_size(), *g_columns = numbers(s.above_columns);
    for (int64_t place = 0; place < count; ++place) {
      const std::uint16_t *q = query + (begin + place) * stride, *g = above + (begin + place) * stride,
                          *o = out + (begin + place) * stride;
      float shared = 0;
      for (int64_t d = 0; d < depth; ++d) {
        const int64_t by_places = (d / 2 * width + place) * 2 + d % 2;
        const int64_t pair = (block * width + place) / 2;
        const int64_t by_queries = 2 * (d / width * columns_size() + pair * width + d % width) + place % 2;
        q_places[by_places] = q_columns[by_queries] = q[d];
        g_places[by_places] = g_columns[by_queries] = g[d];
        shared += bf16_value(g[d]) * bf16_value(o[d]);
      }
      s.exponents[size_t(block * width + place)] = exponents[begin + place];
      s.shared[size_t(block * width + place)] = shared;
    }
  }

  void write_queries(int64_t first, int64_t block, Scratch& s) const {
    const int64_t width = pair_panel(), begin = first + block * width, count = std::min(width, queries - begin);
    for (int64_t d = 0; d < depth; ++d) {
      round_sums(s.query_sums.data() + block * sums_size() + d * width, nullptr, count, numbers(s.rounded));
      for (int64_t query = 0; query < count; ++query)
        query_gradient[(begin + query) * stride + d] = numbers(s.rounded)[query];
    }
  }

  /// A tile of keys against the blocks of queries.
  void go_back(int64_t key, int64_t blocks, Scratch& s) const {
    const int64_t width = pair_panel(), all = all_keys(), row = kBlocks * width;
    const auto multiply = [&](const Rows& rows, const float* panel, int64_t columns, bool adds, float* out) {
      multiply_rows(rows, panel, columns, layout.is_tiles, adds, out);
    };
    const auto of_head = [&](const std::vector<std::uint16_t>& rows) {
      return Rows{rows.data() + key * layout.row, layout.row, tile_keys(), layout.row};
    };
    for (int64_t block = 0; block < blocks; ++block) {
      multiply(of_head(s.keys), s.queries.data() + block * panel_size(), width, false, s.scores.data());
      multiply(of_head(s.values), s.above.data() + block * panel_size(), width, false, s.weight_gradients.data());
      weigh_backwards({.keys = tile_keys(),
                       .scores = s.scores.data(),
                       .weight_gradients = s.weight_gradients.data(),
                       .exponents = s.exponents.data() + block * width,
                       .shared = s.shared.data() + block * width,
                       .scale = float(1.0 / std::sqrt(double(depth))),
                       .row = row,
                       .weights = numbers(s.weights) + block * width,
                       .score_gradients = numbers(s.score_gradients) + block * width,
                       .score_gradient_pairs = numbers(s.score_gradient_pairs)});
      multiply({s.turned_keys.data() + key, all, layout.places, tile_keys()}, s.score_gradient_pairs.data(), width,
               true, s.query_sums.data() + block * sums_size());
    }
    const auto of_tile = [&](AlignedFloats& rows) { return Rows{numbers(rows), row, tile_keys(), blocks * width}; };
    for (int64_t panel = 0; panel < panels(); ++panel) {
      const int64_t columns = panel * columns_size(), sums = (panel * all + key) * width;
      const int64_t used = std::min(width, depth - panel * width);
      multiply(of_tile(s.weights), s.above_columns.data() + columns, used, true, s.value_sums.data() + sums);
      multiply(of_tile(s.score_gradients), s.query_columns.data() + columns, used, true, s.key_sums.data() + sums);
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
  const Bf16KeyLayout layout(depth, computes_in_tiles() && pair_panel() % kTilePlaces == 0);  // queries are places, too
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
           .stride = width,
           .layout = layout}
          .run(scratch);
    }
  });
  return {dq, dk, dv};
}

}  // namespace darkroom::layers
