#include "layers/kernels/attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "layers/kernels/aligned_floats.h"

// Vectors of a size unknown when compiling cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/attention_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "layers/kernels/transpose-inl.h"

// Layout: a tile of queries stands side by side in the lanes of kVectors vectors, so that nothing is ever added across
// lanes. Scores of a block of keys are computed kRows keys at a time, turned into weights, and added up into the
// result, which stays in the first cache as [depth][queries]. A few tiles go through a block of keys and values one
// after another, while it is in the second cache.
HWY_BEFORE_NAMESPACE();
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
const hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

// As many accumulators as registers allow: 6 x 2 of 16, 6 x 4 of 32.
constexpr int kRows = 6, kVectors = HWY_TARGET <= HWY_AVX3 ? 4 : 2;
constexpr std::int64_t kKeys =
    128;  // of a block: scores and a head of 40 stay in the first cache, 2^n keys make no rest
constexpr std::int64_t kTiles = HWY_TARGET <= HWY_AVX3 ? 2 : 4;  // of queries, that one call works off

HWY_INLINE std::int64_t lanes() {
  return std::int64_t(hn::Lanes(kTag));
}

HWY_INLINE std::int64_t tile_width() {
  return kVectors * lanes();
}

/// What a thread keeps of a tile of queries.
struct Tile {
  AlignedFloats queries, result, most, top, sum;

  void start(std::int64_t depth) {
    queries.fit(size_t(depth * tile_width()));
    std::fill_n(result.fit(size_t(depth * tile_width())), depth * tile_width(), 0.0f);
    std::fill_n(most.fit(size_t(tile_width())), tile_width(), -std::numeric_limits<float>::infinity());
    std::fill_n(top.fit(size_t(tile_width())), tile_width(), -std::numeric_limits<float>::infinity());
    std::fill_n(sum.fit(size_t(tile_width())), tile_width(), 0.0f);
  }
};

/// Rows x kVectors sums of products: `left` has one number per row and place, `right` a row of the block per place.
/// What is in `out` is added to (adds), or the largest of each column goes to `top`, if that is larger (no adds).
template <int Rows, bool kAdds>
HWY_INLINE void add_products(const float* HWY_RESTRICT left, std::int64_t row_stride, std::int64_t place_stride,
                             std::int64_t places, const float* HWY_RESTRICT right, float* HWY_RESTRICT out,
                             float* HWY_RESTRICT top) {
  const std::int64_t n = lanes(), width = tile_width();
  Vector sums[Rows][kVectors];
  for (int row = 0; row < Rows; ++row)
    for (int v = 0; v < kVectors; ++v)
      sums[row][v] = kAdds ? hn::LoadU(kTag, out + row * width + v * n) : hn::Zero(kTag);
  for (std::int64_t place = 0; place < places; ++place) {
    Vector b[kVectors];
    for (int v = 0; v < kVectors; ++v) b[v] = hn::LoadU(kTag, right + place * width + v * n);
    for (int row = 0; row < Rows; ++row) {
      const Vector a = hn::Set(kTag, left[row * row_stride + place * place_stride]);
      for (int v = 0; v < kVectors; ++v) sums[row][v] = hn::MulAdd(a, b[v], sums[row][v]);
    }
  }
  if constexpr (!kAdds) {
    for (int v = 0; v < kVectors; ++v) {
      Vector most = hn::LoadU(kTag, top + v * n);
      for (int row = 0; row < Rows; ++row) most = hn::Max(most, sums[row][v]);
      hn::StoreU(most, kTag, top + v * n);
    }
  }
  for (int row = 0; row < Rows; ++row)
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[row][v], kTag, out + row * width + v * n);
}

/// The same for any number of rows, a few at a time.
template <bool kAdds>
HWY_INLINE void add_all_products(std::int64_t rows, const float* left, std::int64_t row_stride,
                                 std::int64_t place_stride, std::int64_t places, const float* right, float* out,
                                 float* top) {
  const auto add = [&]<int kCount>(std::integral_constant<int, kCount>) {
    add_products<kCount, kAdds>(left, row_stride, place_stride, places, right, out, top);
    left += kCount * row_stride, out += kCount * tile_width(), rows -= kCount;
  };
  while (rows >= kRows + 3 || rows == kRows) add(std::integral_constant<int, kRows>());
  // One row or two alone would wait for their own sums: 7 and 8 are 4 and what is left.
  if (rows > kRows) add(std::integral_constant<int, 4>());
  switch (rows) {
    case 5:
      return add_products<5, kAdds>(left, row_stride, place_stride, places, right, out, top);
    case 4:
      return add_products<4, kAdds>(left, row_stride, place_stride, places, right, out, top);
    case 3:
      return add_products<3, kAdds>(left, row_stride, place_stride, places, right, out, top);
    case 2:
      return add_products<2, kAdds>(left, row_stride, place_stride, places, right, out, top);
    case 1:
      return add_products<1, kAdds>(left, row_stride, place_stride, places, right, out, top);
    default:
      return;
  }
}

constexpr float kLog2OfE = 1.44269504f;

/// 2^x for x <= 0, at least 2^-126: a power of two by the bits of the exponent, and a polynomial for the rest in
/// [-1/2, 1/2], within 7.5e-8 of it.
HWY_INLINE Vector power_of_two(Vector x) {
  const hn::RebindToSigned<decltype(kTag)> bits_tag;
  const Vector shift = hn::Set(kTag, 12582912.0f);  // 1.5 * 2^23: what is added to it is rounded to whole numbers
  const Vector bounded = hn::Max(hn::Set(kTag, -126.0f), x);  // in this order what is no number stays none
  const Vector shifted = hn::Add(bounded, shift), rest = hn::Sub(bounded, hn::Sub(shifted, shift));
  Vector power = hn::Set(kTag, 0.0013276472f);
  for (const float factor : {0.0096755415f, 0.055507133f, 0.2402212f, 0.69314697f, 1.0000001f})
    power = hn::MulAdd(power, rest, hn::Set(kTag, factor));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(bits_tag, shifted));
  return hn::BitCast(kTag, hn::Add(hn::BitCast(bits_tag, power), exponent));
}

/// Scores of a block of keys, logarithms to base 2, become weights relative to the largest score so far; what was added
/// up before follows.
HWY_INLINE void weigh(Tile& tile, float* HWY_RESTRICT scores, std::int64_t keys, std::int64_t depth) {
  const std::int64_t n = lanes(), width = tile_width();
  Vector most[kVectors], sums[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const Vector before = hn::LoadU(kTag, tile.most.data() + v * n);
    most[v] = hn::LoadU(kTag, tile.top.data() + v * n);
    sums[v] = hn::LoadU(kTag, tile.sum.data() + v * n);
    if (hn::AllTrue(kTag, hn::Eq(before, most[v]))) continue;
    const Vector factor = power_of_two(hn::Sub(before, most[v]));
    sums[v] = hn::Mul(sums[v], factor);
    for (std::int64_t place = 0; place < depth; ++place) {
      float* result = tile.result.data() + place * width + v * n;
      hn::StoreU(hn::Mul(hn::LoadU(kTag, result), factor), kTag, result);
    }
    hn::StoreU(most[v], kTag, tile.most.data() + v * n);
  }
  for (std::int64_t key = 0; key < keys; ++key)
    for (int v = 0; v < kVectors; ++v) {
      float* HWY_RESTRICT score = scores + key * width + v * n;
      const Vector weight = power_of_two(hn::Sub(hn::LoadU(kTag, score), most[v]));
      sums[v] = hn::Add(sums[v], weight);
      hn::StoreU(weight, kTag, score);
    }
  for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[v], kTag, tile.sum.data() + v * n);
}

/// Rows of `count` queries, times `scale`, go to the lanes, the last of them also to those that are left over. Number
/// by number that took as long as the products with 77 keys.
HWY_INLINE void spread(const float* query, std::int64_t stride, std::int64_t count, std::int64_t depth, float scale,
                       Tile& tile) {
  const std::int64_t n = lanes(), width = tile_width();
  for (std::int64_t lane = 0; lane < width; lane += kQuad) {
    const auto row = [&](std::int64_t i) { return query + std::min(lane + i, count - 1) * stride; };
    rows_to_columns(row(0), row(1), row(2), row(3), depth, std::min(kQuad, width), tile.queries.data() + lane, width);
  }
  float* queries = tile.queries.data();
  for (std::int64_t i = 0; i < depth * width; i += n)
    hn::StoreU(hn::Mul(hn::LoadU(kTag, queries + i), hn::Set(kTag, scale)), kTag, queries + i);
}

/// The way back, each query's numbers divided by its sum.
HWY_INLINE void gather(Tile& tile, std::int64_t count, std::int64_t depth, float* out, std::int64_t stride) {
  const std::int64_t n = lanes(), width = tile_width();
  for (int v = 0; v < kVectors; ++v) {
    float* sum = tile.sum.data() + v * n;
    hn::StoreU(hn::Div(hn::Set(kTag, 1.0f), hn::LoadU(kTag, sum)), kTag, sum);
  }
  for (std::int64_t lane = 0; lane < count; lane += kQuad)
    columns_to_rows(tile.result.data() + lane, width, depth, std::min(kQuad, count - lane), tile.sum.data() + lane,
                    out + lane * stride, stride);
}

std::int64_t attention_block() {
  return kTiles * tile_width();
}

void attend(const AttentionHead& head, std::int64_t first) {
  thread_local Tile tiles[kTiles];
  thread_local AlignedFloats kept_scores;
  const std::int64_t width = tile_width(), depth = head.depth;
  const std::int64_t last = std::min(first + kTiles * width, head.queries), count = (last - first + width - 1) / width;
  float* scores = kept_scores.fit(size_t(kKeys * width));
  for (std::int64_t i = 0; i < count; ++i) {
    tiles[i].start(depth);
    const std::int64_t query = first + i * width;
    spread(head.query + query * head.query_stride, head.query_stride, std::min(width, last - query), depth,
           head.scale * kLog2OfE, tiles[i]);
  }
  for (std::int64_t begin = 0; begin < head.keys; begin += kKeys) {
    const std::int64_t keys = std::min(kKeys, head.keys - begin);
    for (std::int64_t i = 0; i < count; ++i) {
      Tile& tile = tiles[i];
      add_all_products<false>(keys, head.key + begin * depth, depth, 1, depth, tile.queries.data(), scores,
                              tile.top.data());
      weigh(tile, scores, keys, depth);
      add_all_products<true>(depth, head.value + begin * depth, 1, depth, keys, scores, tile.result.data(), nullptr);
    }
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t query = first + i * width;
    gather(tiles[i], std::min(width, last - query), depth, head.out + query * head.out_stride, head.out_stride);
  }
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(attention_block);
HWY_EXPORT(attend);

std::int64_t attention_block() {
  return HWY_DYNAMIC_DISPATCH(attention_block)();
}

void attend(const AttentionHead& head, std::int64_t first) {
  HWY_DYNAMIC_DISPATCH(attend)(head, first);
}

}  // namespace darkroom::layers
#endif
