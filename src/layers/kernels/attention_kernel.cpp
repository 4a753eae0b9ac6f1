#include "layers/kernels/attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "layers/kernels/aligned_floats.h"

// Vectors of a size unknown when compiling cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/attention_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Layout: a block of queries stands side by side in the lanes of kVectors vectors, so that nothing is ever added across
// lanes. Scores of a block of keys are computed in tiles of kRows keys, turned into weights, and added up into the
// result, which stays in the first cache as [depth][queries].
HWY_BEFORE_NAMESPACE();
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
const hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

// As many accumulators as registers allow: 6 x 2 of 16, 6 x 4 of 32.
constexpr int kRows = 6, kVectors = HWY_TARGET <= HWY_AVX3 ? 4 : 2;
constexpr std::int64_t kKeys = 126;  // of a block, a multiple of kRows: scores and a head of 40 stay in the first cache

HWY_INLINE std::int64_t lanes() {
  return std::int64_t(hn::Lanes(kTag));
}

HWY_INLINE std::int64_t block() {
  return kVectors * lanes();
}

/// What a thread works with.
struct Buffers {
  AlignedFloats queries, scores, result, most, sum;

  void start(std::int64_t depth) {
    queries.fit(size_t(depth * block()));
    scores.fit(size_t(kKeys * block()));
    std::fill_n(result.fit(size_t(depth * block())), depth * block(), 0.0f);
    std::fill_n(most.fit(size_t(block())), block(), -std::numeric_limits<float>::infinity());
    std::fill_n(sum.fit(size_t(block())), block(), 0.0f);
  }
};

/// Rows x kVectors sums of products: `left` has one number per row and place, `right` a row of the block per place.
template <int Rows>
HWY_INLINE void add_products(const float* HWY_RESTRICT left, std::int64_t row_stride, std::int64_t place_stride,
                             std::int64_t places, const float* HWY_RESTRICT right, float* HWY_RESTRICT out, bool adds) {
  const std::int64_t n = lanes(), width = block();
  Vector sums[Rows][kVectors];
  for (int row = 0; row < Rows; ++row)
    for (int v = 0; v < kVectors; ++v)
      sums[row][v] = adds ? hn::LoadU(kTag, out + row * width + v * n) : hn::Zero(kTag);
  for (std::int64_t place = 0; place < places; ++place) {
    Vector b[kVectors];
    for (int v = 0; v < kVectors; ++v) b[v] = hn::LoadU(kTag, right + place * width + v * n);
    for (int row = 0; row < Rows; ++row) {
      const Vector a = hn::Set(kTag, left[row * row_stride + place * place_stride]);
      for (int v = 0; v < kVectors; ++v) sums[row][v] = hn::MulAdd(a, b[v], sums[row][v]);
    }
  }
  for (int row = 0; row < Rows; ++row)
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[row][v], kTag, out + row * width + v * n);
}

/// The same for any number of rows, in tiles.
HWY_INLINE void add_products(std::int64_t rows, const float* left, std::int64_t row_stride, std::int64_t place_stride,
                             std::int64_t places, const float* right, float* out, bool adds) {
  std::int64_t row = 0;
  for (; row + kRows <= rows; row += kRows)
    add_products<kRows>(left + row * row_stride, row_stride, place_stride, places, right, out + row * block(), adds);
  left += row * row_stride, out += row * block();
  switch (rows - row) {  // one by one, each row would wait for its own sums
    case 5:
      return add_products<5>(left, row_stride, place_stride, places, right, out, adds);
    case 4:
      return add_products<4>(left, row_stride, place_stride, places, right, out, adds);
    case 3:
      return add_products<3>(left, row_stride, place_stride, places, right, out, adds);
    case 2:
      return add_products<2>(left, row_stride, place_stride, places, right, out, adds);
    case 1:
      return add_products<1>(left, row_stride, place_stride, places, right, out, adds);
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
HWY_INLINE void weigh(Buffers& buffers, std::int64_t keys, std::int64_t depth) {
  const std::int64_t n = lanes(), width = block();
  for (int v = 0; v < kVectors; ++v) {
    float* HWY_RESTRICT scores = buffers.scores.data() + v * n;
    const Vector before = hn::LoadU(kTag, buffers.most.data() + v * n);
    Vector most = before;
    for (std::int64_t key = 0; key < keys; ++key) most = hn::Max(most, hn::LoadU(kTag, scores + key * width));
    Vector sum = hn::LoadU(kTag, buffers.sum.data() + v * n);
    if (!hn::AllTrue(kTag, hn::Eq(before, most))) {
      const Vector factor = power_of_two(hn::Sub(before, most));
      sum = hn::Mul(sum, factor);
      for (std::int64_t place = 0; place < depth; ++place) {
        float* result = buffers.result.data() + place * width + v * n;
        hn::StoreU(hn::Mul(hn::LoadU(kTag, result), factor), kTag, result);
      }
      hn::StoreU(most, kTag, buffers.most.data() + v * n);
    }
    for (std::int64_t key = 0; key < keys; ++key) {
      const Vector weight = power_of_two(hn::Sub(hn::LoadU(kTag, scores + key * width), most));
      sum = hn::Add(sum, weight);
      hn::StoreU(weight, kTag, scores + key * width);
    }
    hn::StoreU(sum, kTag, buffers.sum.data() + v * n);
  }
}

std::int64_t attention_block() {
  return block();
}

void attend(const AttentionHead& head, std::int64_t first) {
  thread_local Buffers buffers;
  const std::int64_t width = block(), depth = head.depth, count = std::min(width, head.queries - first);
  buffers.start(depth);
  for (std::int64_t query = 0; query < width; ++query) {
    const float* row = head.query + (first + std::min(query, count - 1)) * head.query_stride;
    for (std::int64_t place = 0; place < depth; ++place)
      buffers.queries[place * width + query] = row[place] * (head.scale * kLog2OfE);
  }
  for (std::int64_t begin = 0; begin < head.keys; begin += kKeys) {
    const std::int64_t keys = std::min(kKeys, head.keys - begin);
    add_products(keys, head.key + begin * depth, depth, 1, depth, buffers.queries.data(), buffers.scores.data(), false);
    weigh(buffers, keys, depth);
    add_products(depth, head.value + begin * depth, 1, depth, keys, buffers.scores.data(), buffers.result.data(), true);
  }
  for (std::int64_t query = 0; query < count; ++query) {
    float* row = head.out + (first + query) * head.out_stride;
    const float share = 1 / buffers.sum[query];
    for (std::int64_t place = 0; place < depth; ++place) row[place] = buffers.result[place * width + query] * share;
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
