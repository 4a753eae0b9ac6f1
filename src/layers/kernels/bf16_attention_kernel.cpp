#include "layers/kernels/bf16_attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "layers/kernels/aligned_floats.h"
#include "layers/kernels/tiles.h"

// The kind of vectors that newer processors' bf16 is added to; see bf16-inl.h.
#define HWY_WANT_AVX3_DL
// Vectors of a size unknown when compiling cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/bf16_attention_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "layers/kernels/bf16-inl.h"

// Layout: a block of queries stands side by side in the lanes of kVectors vectors, pairs of places in each lane, so
// that nothing is ever added across lanes. Scores of four keys at a time are computed, and beside them the four before
// become weights: multiplying and weighing use different parts of the processor. Weights are powers of two relative to
// a reference, the largest of the first scores; only where a later score is far beyond it are all weighed anew.
DARKROOM_BEFORE_BF16;
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

constexpr int kVectors = HWY_TARGET <= HWY_AVX3 ? 4 : 2;
constexpr int kTile = 4;                      // keys whose scores are computed together
constexpr int kUnits = kTile / 2 * kVectors;  // of weighing: two keys in one vector
constexpr int kRows = 5;                      // of results that are added up together, if possible: 20 sums
constexpr float kMostBeyond = 60;             // of a score beyond the reference, a power of two; sums stay finite
constexpr float kLog2OfE = 1.44269504f;

HWY_INLINE std::int64_t block() {
  return kVectors * lanes();
}

/// 2^x for x <= 120: a power of two by the bits of the exponent, and a cubic for the rest in [-1/2, 1/2], within 7.5e-5
/// of it, a fiftieth of what rounding to bf16 costs. Below -126 that of -126.
HWY_INLINE Vector power_of_two(Vector x) {
  const hn::RebindToSigned<decltype(kTag)> bits_tag;
  const Vector shift = hn::Set(kTag, 12582912.0f);  // 1.5 * 2^23: what is added to it is rounded to whole numbers
  const Vector bounded = hn::Max(hn::Set(kTag, -126.0f), x);  // in this order what is no number stays none
  const Vector shifted = hn::Add(bounded, shift), rest = hn::Sub(bounded, hn::Sub(shifted, shift));
  Vector power = hn::Set(kTag, 0.0551716691f);
  for (const float factor : {0.242611122f, 0.693260985f, 0.999928074f})
    power = hn::MulAdd(power, rest, hn::Set(kTag, factor));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(bits_tag, shifted));
  return hn::BitCast(kTag, hn::Add(hn::BitCast(bits_tag, power), exponent));
}

/// The same times 1 / kWeightUnit, with two products less: what weights are computed by. Never below zero: what is far
/// below -126 becomes zero.
#if DARKROOM_HAS_PAIR_PRODUCT
constexpr float kWeightUnit = 0.0792043434f;
HWY_INLINE Vector weight_of(Vector x) {
  const Vector rest{_mm512_reduce_ps(x.raw, 0x09)};  // x - floor(x)
  Vector power = hn::Add(rest, hn::Set(kTag, 2.8324014f));
  for (const float factor : {8.7931707f, 12.6242191f}) power = hn::MulAdd(power, rest, hn::Set(kTag, factor));
  return Vector{_mm512_scalef_ps(power.raw, x.raw)};
}
#else
constexpr float kWeightUnit = 1;
HWY_INLINE Vector weight_of(Vector x) {
  return power_of_two(x);
}
#endif

/// Two vectors of weights as pairs of bf16 numbers, rounded to nearest, which are added to `sum`: values are divided by
/// the sum of what they were multiplied with, so that a weight beside which all others vanish costs no rounding.
HWY_INLINE Pairs as_pairs(Vector first, Vector second, Vector& sum) {
  const Pairs half = hn::Set(kPairTag, 0x8000), upper = hn::Set(kPairTag, 0xffff0000u);
  const Pairs a = hn::And(hn::Add(hn::BitCast(kPairTag, first), half), upper);
  const Pairs b = hn::And(hn::Add(hn::BitCast(kPairTag, second), half), upper);
  sum = hn::Add(sum, hn::Add(hn::BitCast(kTag, a), hn::BitCast(kTag, b)));
  return hn::Or(hn::ShiftRight<16>(a), b);
}

/// What a thread works with: rows of block() numbers or pairs.
struct Buffers {
  AlignedFloats queries, scores, weights, result, offset, most, sum, sum_before;

  void start(const Bf16KeyLayout& layout) {
    const std::int64_t width = block();
    std::fill_n(queries.fit(size_t(layout.row / 2 * width)), layout.row / 2 * width, 0.0f);
    scores.fit(size_t(2 * layout.together * width));
    weights.fit(size_t(kBf16BlockKeys / 2 * width));
    std::fill_n(result.fit(size_t(layout.places * width)), layout.places * width, 0.0f);
    std::fill_n(sum.fit(size_t(width)), width, 0.0f);
    offset.fit(size_t(width)), most.fit(size_t(width)), sum_before.fit(size_t(width));
  }
};

std::uint32_t* pairs_of(AlignedFloats& floats) {
  return reinterpret_cast<std::uint32_t*>(floats.data());
}

/// Scores of two keys in one vector become weights.
HWY_INLINE void weigh(int unit, const float* HWY_RESTRICT scores, Vector scale, Buffers& buffers,
                      std::uint32_t* HWY_RESTRICT weights) {
  const std::int64_t n = lanes(), width = block(), key = unit / kVectors * 2, place = unit % kVectors * n;
  const Vector offset = hn::LoadU(kTag, buffers.offset.data() + place);
  const Vector first = hn::MulAdd(hn::LoadU(kTag, scores + key * width + place), scale, offset);
  const Vector second = hn::MulAdd(hn::LoadU(kTag, scores + (key + 1) * width + place), scale, offset);
  float *most = buffers.most.data() + place, *to_sum = buffers.sum.data() + place;
  hn::StoreU(hn::Max(hn::LoadU(kTag, most), hn::Max(first, second)), kTag, most);
  Vector sum = hn::LoadU(kTag, to_sum);
  hn::StoreU(as_pairs(weight_of(first), weight_of(second), sum), kPairTag, weights + key / 2 * width + place);
  hn::StoreU(sum, kTag, to_sum);
}

/// Scores of a tile of keys into `scores`; meanwhile those of the tile before, if there is one, become weights.
HWY_INLINE void score_tile(const Bf16AttentionHead& head, std::int64_t key, Vector scale, Buffers& buffers,
                           float* HWY_RESTRICT scores, const float* HWY_RESTRICT before,
                           std::uint32_t* HWY_RESTRICT weights) {
  const std::int64_t n = lanes(), width = block(), pairs = head.depth / 2;
  const std::uint32_t* HWY_RESTRICT queries = pairs_of(buffers.queries);
  const std::uint16_t* HWY_RESTRICT rows = head.key + key * head.depth;
  Vector sums[kTile][kVectors];
  for (int row = 0; row < kTile; ++row)
    for (int v = 0; v < kVectors; ++v) sums[row][v] = hn::Zero(kTag);
  const std::int64_t every = std::max<std::int64_t>(1, pairs / kUnits);
  int unit = before ? 0 : kUnits;
  std::int64_t next = 0;
  for (std::int64_t pair = 0; pair < pairs; ++pair, queries += width) {
    Pairs query[kVectors];
    for (int v = 0; v < kVectors; ++v) query[v] = hn::LoadU(kPairTag, queries + v * n);
    for (int row = 0; row < kTile; ++row) {
      const Pairs same = same_pair(rows + row * head.depth + 2 * pair);
      for (int v = 0; v < kVectors; ++v) sums[row][v] = add_pair_products(sums[row][v], same, query[v]);
    }
    if (pair == next && unit < kUnits) weigh(unit++, before, scale, buffers, weights), next += every;
  }
  while (unit < kUnits) weigh(unit++, before, scale, buffers, weights);
  for (int row = 0; row < kTile; ++row) {
    const bool is_key = key + row < head.keys;  // else one of those that fill up the last tile
    for (int v = 0; v < kVectors; ++v)
      hn::StoreU(is_key ? sums[row][v] : hn::Set(kTag, -1e30f), kTag, scores + row * width + v * n);
  }
}

/// The reference of each query: the largest of the first scores.
HWY_INLINE void take_reference(const float* HWY_RESTRICT scores, std::int64_t keys, Vector scale, Buffers& buffers) {
  const std::int64_t n = lanes(), width = block();
  for (std::int64_t place = 0; place < width; place += n) {
    Vector most = hn::LoadU(kTag, scores + place);
    for (std::int64_t key = 1; key < std::min<std::int64_t>(keys, kTile); ++key)
      most = hn::Max(most, hn::LoadU(kTag, scores + key * width + place));
    hn::StoreU(hn::Neg(hn::Mul(most, scale)), kTag, buffers.offset.data() + place);
  }
}

/// Whether all scores of the block were near the reference; else that is moved, and what was added up follows.
HWY_INLINE bool settled(std::int64_t depth, Buffers& buffers) {
  const std::int64_t n = lanes(), width = block();
  bool is_settled = true;
  for (std::int64_t place = 0; place < width; place += n)
    is_settled &= hn::AllFalse(kTag, hn::Gt(hn::LoadU(kTag, buffers.most.data() + place), hn::Set(kTag, kMostBeyond)));
  if (is_settled) return true;
  for (std::int64_t place = 0; place < width; place += n) {
    const Vector beyond = hn::Max(hn::LoadU(kTag, buffers.most.data() + place), hn::Zero(kTag));
    const Vector factor = power_of_two(hn::Neg(beyond));
    float* offset = buffers.offset.data() + place;
    hn::StoreU(hn::Sub(hn::LoadU(kTag, offset), beyond), kTag, offset);
    hn::StoreU(hn::Mul(hn::LoadU(kTag, buffers.sum_before.data() + place), factor), kTag, buffers.sum.data() + place);
    for (std::int64_t row = 0; row < depth; ++row) {
      float* result = buffers.result.data() + row * width + place;
      hn::StoreU(hn::Mul(hn::LoadU(kTag, result), factor), kTag, result);
    }
  }
  return false;
}

/// Weights of keys begin .. end, a block.
HWY_INLINE void weigh_block(const Bf16AttentionHead& head, std::int64_t begin, std::int64_t end, Vector scale,
                            bool takes_reference, Buffers& buffers) {
  const std::int64_t width = block();
  std::fill_n(buffers.most.data(), width, -1e30f);
  float* scores[2] = {buffers.scores.data(), buffers.scores.data() + kTile * width};
  std::uint32_t* weights = pairs_of(buffers.weights);
  score_tile(head, begin, scale, buffers, scores[0], nullptr, nullptr);
  if (takes_reference) take_reference(scores[0], head.keys, scale, buffers);
  std::int64_t tile = 1;
  for (std::int64_t key = begin + kTile; key < end; key += kTile, ++tile, weights += kTile / 2 * width)
    score_tile(head, key, scale, buffers, scores[tile % 2], scores[(tile + 1) % 2], weights);
  for (int unit = 0; unit < kUnits; ++unit) weigh(unit, scores[(tile + 1) % 2], scale, buffers, weights);
}

/// Scores of the keys from `key` on that are computed together, by tiles; beside() is called after each step.
template <typename Unit, typename Beside>
HWY_INLINE void score_tiles(const Bf16AttentionHead& head, std::int64_t key, const std::uint16_t* queries,
                            float* scores, const Beside& beside) {
  const std::int64_t width = block(), row = head.layout.row, together = head.layout.together;
  const std::int64_t used = std::min(together, head.keys - key);
  for (std::int64_t first = 0; first < width; first += 2 * kTileSide)
    multiply_tiles_beside<Unit>(tiles_of_rows(head.key + key * row, row, used),
                                tiles_of_columns(queries + 2 * first, width, width - first), row / kTilePlaces,
                                /*adds=*/false, scores + first, width, beside);
  std::fill(scores + used * width, scores + together * width, -1e30f);  // those that fill up the last tile
}

constexpr int kSomeKeys = 8;  // that weigh_some() weighs at a time

/// Scores of some keys in one vector become weights.
HWY_INLINE void weigh_some(const float* HWY_RESTRICT scores, Vector scale, std::int64_t place, Buffers& buffers,
                           std::uint32_t* HWY_RESTRICT weights) {
  const std::int64_t width = block();
  const Vector offset = hn::LoadU(kTag, buffers.offset.data() + place);
  float *to_most = buffers.most.data() + place, *to_sum = buffers.sum.data() + place;
  Vector most = hn::LoadU(kTag, to_most), sum = hn::LoadU(kTag, to_sum);
  scores += place, weights += place;
  for (int key = 0; key < kSomeKeys; key += 2, scores += 2 * width, weights += width) {
    const Vector first = hn::MulAdd(hn::LoadU(kTag, scores), scale, offset);
    const Vector second = hn::MulAdd(hn::LoadU(kTag, scores + width), scale, offset);
    most = hn::Max(most, hn::Max(first, second));
    hn::StoreU(as_pairs(weight_of(first), weight_of(second), sum), kPairTag, weights);
  }
  hn::StoreU(most, kTag, to_most);
  hn::StoreU(sum, kTag, to_sum);
}

/// As weigh_block(), by tiles: the processor multiplies the next keys' while it weighs those before.
template <typename Unit>
HWY_INLINE void weigh_block_by(const Bf16AttentionHead& head, std::int64_t begin, std::int64_t end, Vector scale,
                               bool takes_reference, Buffers& buffers) {
  const std::int64_t n = lanes(), width = block(), together = head.layout.together;
  const std::int64_t units = together / kSomeKeys * kVectors;
  const std::int64_t steps = (width + 2 * kTileSide - 1) / (2 * kTileSide) * (head.layout.row / kTilePlaces);
  const std::int64_t each = (units + steps - 1) / steps;
  std::fill_n(buffers.most.data(), width, -1e30f);
  const auto* queries = reinterpret_cast<const std::uint16_t*>(buffers.queries.data());
  float *scores = buffers.scores.data(), *before = scores + together * width;
  std::uint32_t* weights = pairs_of(buffers.weights);
  std::int64_t unit = 0;
  const auto weigh_before = [&] {
    for (const std::int64_t last = std::min(units, unit + each); unit < last; ++unit) {
      const std::int64_t key = unit / kVectors * kSomeKeys;
      weigh_some(before + key * width, scale, unit % kVectors * n, buffers, weights + key / 2 * width);
    }
  };
  score_tiles<Unit>(head, begin, queries, scores, [] {});
  if (takes_reference) take_reference(scores, head.keys, scale, buffers);
  for (std::int64_t key = begin + together; key < end; key += together, weights += together / 2 * width) {
    std::swap(scores, before);
    unit = 0;
    score_tiles<Unit>(head, key, queries, scores, weigh_before);
  }
  before = scores;
  for (unit = 0; unit < units;) weigh_before();
}

void weigh_block_in_tiles(const Bf16AttentionHead& head, std::int64_t begin, std::int64_t end, Vector scale,
                          bool takes_reference, Buffers& buffers) {
#if DARKROOM_HAS_PAIR_PRODUCT
  if (!emulates_tile_products()) return weigh_block_by<AmxTiles>(head, begin, end, scale, takes_reference, buffers);
#endif
  weigh_block_by<EmulatedTiles>(head, begin, end, scale, takes_reference, buffers);
}

void add_block_in_tiles(const std::uint16_t* values, const Bf16KeyLayout& layout, std::int64_t keys, Buffers& buffers) {
  const std::int64_t width = block();
  const auto* weights = reinterpret_cast<const std::uint16_t*>(buffers.weights.data());
  for (std::int64_t first = 0; first < width; first += 2 * kTileSide)
    for (std::int64_t place = 0; place < layout.places; place += 2 * kTileSide)
      multiply_tiles(tiles_of_rows(values + place * keys, keys, layout.places - place),
                     tiles_of_columns(weights + 2 * first, width, width - first), keys / kTilePlaces, /*adds=*/true,
                     buffers.result.data() + place * width + first, width);
}

/// Adds the values of a block, `pairs` pairs of keys, by their weights to Rows places of the result.
template <int Rows>
HWY_INLINE void add_values(const std::uint16_t* HWY_RESTRICT values, std::int64_t pairs,
                           const std::uint32_t* HWY_RESTRICT weights, float* HWY_RESTRICT result) {
  const std::int64_t n = lanes(), width = block();
  Vector sums[Rows][kVectors];
  for (int row = 0; row < Rows; ++row)
    for (int v = 0; v < kVectors; ++v) sums[row][v] = hn::LoadU(kTag, result + row * width + v * n);
  for (std::int64_t pair = 0; pair < pairs; ++pair, weights += width) {
    Pairs weight[kVectors];
    for (int v = 0; v < kVectors; ++v) weight[v] = hn::LoadU(kPairTag, weights + v * n);
    for (int row = 0; row < Rows; ++row) {
      const Pairs same = same_pair(values + 2 * (row * pairs + pair));
      for (int v = 0; v < kVectors; ++v) sums[row][v] = add_pair_products(sums[row][v], same, weight[v]);
    }
  }
  for (int row = 0; row < Rows; ++row)
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[row][v], kTag, result + row * width + v * n);
}

HWY_INLINE void add_block(const std::uint16_t* values, std::int64_t depth, std::int64_t pairs, Buffers& buffers) {
  const std::int64_t width = block();
  const std::uint32_t* weights = pairs_of(buffers.weights);
  float* result = buffers.result.data();
  std::int64_t row = 0;
  for (; depth % kRows == 0 && row < depth; row += kRows)
    add_values<kRows>(values + 2 * row * pairs, pairs, weights, result + row * width);
  for (; row + 4 <= depth; row += 4) add_values<4>(values + 2 * row * pairs, pairs, weights, result + row * width);
  if (row < depth) add_values<2>(values + 2 * row * pairs, pairs, weights, result + row * width);
}

/// Results by their sums, pairs of places in each lane, written row by row.
HWY_INLINE void finish(const Bf16AttentionHead& head, std::int64_t first, std::int64_t count, Buffers& buffers) {
  const std::int64_t n = lanes(), width = block(), pairs = head.depth / 2;
  std::uint32_t* rounded = pairs_of(buffers.queries);
  for (std::int64_t place = 0; place < width; place += n) {
    const Vector share = hn::Div(hn::Set(kTag, 1.0f), hn::LoadU(kTag, buffers.sum.data() + place));
    for (std::int64_t pair = 0; pair < pairs; ++pair) {
      const float* rows = buffers.result.data() + 2 * pair * width + place;
      const Pairs low = rounded_in_upper_half(hn::Mul(hn::LoadU(kTag, rows), share));
      const Pairs high = rounded_in_upper_half(hn::Mul(hn::LoadU(kTag, rows + width), share));
      hn::StoreU(upper_halves_as_pairs(low, high), kPairTag, rounded + pair * width + place);
    }
  }
  for (std::int64_t query = 0; head.exponents && query < count; ++query)
    head.exponents[first + query] = buffers.offset[size_t(query)] - std::log2(buffers.sum[size_t(query)] * kWeightUnit);
  for (std::int64_t query = 0; query < count; ++query) {
    std::uint16_t* row = head.out + (first + query) * head.out_stride;
    for (std::int64_t pair = 0; pair < pairs; ++pair)
      std::memcpy(row + 2 * pair, rounded + pair * width + query, sizeof *rounded);
  }
}

std::int64_t attention_block() {
  return block();
}

void attend(const Bf16AttentionHead& head, std::int64_t first) {
  thread_local Buffers buffers;
  const Bf16KeyLayout& layout = head.layout;
  const std::int64_t width = block(), pairs = head.depth / 2, count = std::min(width, head.queries - first);
  buffers.start(layout);
  std::uint32_t* queries = pairs_of(buffers.queries);
  for (std::int64_t query = 0; query < width; ++query) {
    const std::uint16_t* row = head.query + (first + std::min(query, count - 1)) * head.query_stride;
    for (std::int64_t pair = 0; pair < pairs; ++pair)
      std::memcpy(queries + pair * width + query, row + 2 * pair, sizeof *queries);
  }
  const auto weigh_keys = layout.is_tiles ? weigh_block_in_tiles : weigh_block;
  const std::optional<TileRegisters> registers(layout.is_tiles ? std::optional<TileRegisters>(std::in_place)
                                                               : std::nullopt);
  const Vector scale = hn::Set(kTag, head.scale * kLog2OfE);
  bool is_first = true;
  for (std::int64_t begin = 0; begin < head.keys; begin += kBf16BlockKeys) {
    const std::int64_t end = std::min(begin + kBf16BlockKeys, head.keys), filled = layout.filled(end - begin);
    const std::uint16_t* values = head.value + begin * layout.places;
    std::copy_n(buffers.sum.data(), width, buffers.sum_before.data());
    weigh_keys(head, begin, end, scale, is_first, buffers);
    is_first = false;
    if (!settled(head.depth, buffers)) weigh_keys(head, begin, end, scale, false, buffers);
    if (layout.is_tiles)
      add_block_in_tiles(values, layout, filled, buffers);
    else
      add_block(values, head.depth, filled / 2, buffers);
  }
  finish(head, first, count, buffers);
}

void weigh_backwards(const Bf16WeightTile& tile) {
  const std::int64_t n = lanes(), width = block();
  const Vector factor = hn::Set(kTag, tile.scale * kLog2OfE), scale = hn::Set(kTag, tile.scale);
  for (std::int64_t place = 0; place < width; place += n) {
    const Vector exponent = hn::LoadU(kTag, tile.exponents + place), shared = hn::LoadU(kTag, tile.shared + place);
    for (std::int64_t key = 0; key < tile.keys; key += 2) {
      Pairs gradients[2];
      for (std::int64_t one = 0; one < 2; ++one) {
        const std::int64_t at = (key + one) * width + place;
        const Vector weight = power_of_two(hn::MulAdd(hn::LoadU(kTag, tile.scores + at), factor, exponent));
        const Vector gradient = hn::Sub(hn::LoadU(kTag, tile.weight_gradients + at), shared);
        gradients[one] = rounded_in_upper_half(hn::Mul(hn::Mul(weight, scale), gradient));
        store_numbers(weight, tile.weights + (key + one) * tile.row + place);
        store_upper_halves(gradients[one], tile.score_gradients + (key + one) * tile.row + place);
      }
      hn::StoreU(upper_halves_as_pairs(gradients[0], gradients[1]), kPairTag,
                 reinterpret_cast<std::uint32_t*>(tile.score_gradient_pairs) + key / 2 * width + place);
    }
  }
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
DARKROOM_AFTER_BF16;

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(attention_block);
HWY_EXPORT(attend);
HWY_EXPORT(weigh_backwards);

Bf16KeyLayout::Bf16KeyLayout(std::int64_t depth, bool is_tiles)
    : is_tiles(is_tiles), together(is_tiles ? 2 * kTileSide : 4), row(depth), places(depth) {
  if (is_tiles) row = rounded_up(depth, kTilePlaces), places = rounded_up(depth, kTileSide);
}

std::int64_t bf16_attention_block() {
  return HWY_DYNAMIC_DISPATCH(attention_block)();
}

void attend_bf16(const Bf16AttentionHead& head, std::int64_t first) {
  HWY_DYNAMIC_DISPATCH(attend)(head, first);
}

void weigh_backwards(const Bf16WeightTile& tile) {
  HWY_DYNAMIC_DISPATCH(weigh_backwards)(tile);
}

}  // namespace darkroom::layers
#endif
