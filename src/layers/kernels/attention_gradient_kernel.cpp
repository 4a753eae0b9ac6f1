#include "layers/kernels/attention_gradient_kernel.h"

#include <algorithm>
#include <cmath>

#include "layers/kernels/aligned_floats.h"

// Vectors of a size unknown when compiling cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/attention_gradient_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

// Layout: as in attention_kernel.cpp a block of queries stands side by side in the lanes of vectors; what belongs to
// keys is a row of the block per key. Only sums over queries, for the gradients of keys and values, need the block's
// rows one by one, and then depth fills the vectors: whole ones, and what is left of it smaller ones.
HWY_BEFORE_NAMESPACE();
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
const hn::ScalableTag<float> kTag;
const hn::CappedTag<float, 8> kSmallTag;  // half of the longest: SD 1.5 has a depth of 40
using Vector = hn::Vec<decltype(kTag)>;

constexpr int kRows = 6, kWidth = 2;  // 12 sums stay in 16 registers

HWY_INLINE std::int64_t lanes() {
  return std::int64_t(hn::Lanes(kTag));
}

HWY_INLINE std::int64_t block() {
  return kWidth * lanes();
}

/// One number per row and place, `row` and `place` floats from one to the next.
struct Left {
  const float* numbers;
  std::int64_t row, place;
};

/// Rows x Width vectors of out[row] (+)= sum over places of left[row][place] * right[place].
template <int Rows, int Width, class Tag>
HWY_INLINE void multiply_tile(Tag tag, Left left, std::int64_t places, const float* HWY_RESTRICT right,
                              std::int64_t right_stride, float* HWY_RESTRICT out, std::int64_t out_stride, bool adds) {
  const std::int64_t n = std::int64_t(hn::Lanes(tag));
  hn::Vec<Tag> sums[Rows][Width];
  for (int row = 0; row < Rows; ++row)
    for (int w = 0; w < Width; ++w)
      sums[row][w] = adds ? hn::LoadU(tag, out + row * out_stride + w * n) : hn::Zero(tag);
  for (std::int64_t place = 0; place < places; ++place) {
    hn::Vec<Tag> b[Width];
    for (int w = 0; w < Width; ++w) b[w] = hn::LoadU(tag, right + place * right_stride + w * n);
    for (int row = 0; row < Rows; ++row) {
      const hn::Vec<Tag> a = hn::Set(tag, left.numbers[row * left.row + place * left.place]);
      for (int w = 0; w < Width; ++w) sums[row][w] = hn::MulAdd(a, b[w], sums[row][w]);
    }
  }
  for (int row = 0; row < Rows; ++row)
    for (int w = 0; w < Width; ++w) hn::StoreU(sums[row][w], tag, out + row * out_stride + w * n);
}

template <int Width, class Tag>
HWY_INLINE void multiply_rows(Tag tag, std::int64_t rows, Left left, std::int64_t places, const float* right,
                              std::int64_t right_stride, float* out, std::int64_t out_stride, bool adds) {
  std::int64_t row = 0;
  const auto below = [&] { return Left{left.numbers + row * left.row, left.row, left.place}; };
  for (; row + kRows <= rows; row += kRows)
    multiply_tile<kRows, Width>(tag, below(), places, right, right_stride, out + row * out_stride, out_stride, adds);
  for (; row + 2 <= rows; row += 2)
    multiply_tile<2, Width>(tag, below(), places, right, right_stride, out + row * out_stride, out_stride, adds);
  for (; row < rows; ++row)
    multiply_tile<1, Width>(tag, below(), places, right, right_stride, out + row * out_stride, out_stride, adds);
}

/// The same of any number of rows and of `columns`, a multiple of gradient_lanes().
void multiply(std::int64_t rows, std::int64_t columns, Left left, std::int64_t places, const float* right,
              std::int64_t right_stride, float* out, std::int64_t out_stride, bool adds) {
  std::int64_t column = 0;
  for (; column + block() <= columns; column += block())
    multiply_rows<kWidth>(kTag, rows, left, places, right + column, right_stride, out + column, out_stride, adds);
  for (; column + lanes() <= columns; column += lanes())
    multiply_rows<1>(kTag, rows, left, places, right + column, right_stride, out + column, out_stride, adds);
  for (; column < columns; column += std::int64_t(hn::Lanes(kSmallTag)))
    multiply_rows<1>(kSmallTag, rows, left, places, right + column, right_stride, out + column, out_stride, adds);
}

/// What a thread works with. Of a block: scaled queries and the result's gradient as rows and turned, the weights and
/// their gradients per key, the queries' gradients turned.
struct GradientBuffers {
  AlignedFloats queries, above, turned_queries, turned_above, weights, gradients, turned_result;

  void fit(std::int64_t keys, std::int64_t depth) {
    for (AlignedFloats* one : {&queries, &above, &turned_queries, &turned_above, &turned_result})
      one->fit(size_t(depth * block()));
    weights.fit(size_t(keys * block()));
    gradients.fit(size_t(keys * block()));
  }
};

/// Scores become weights, and the weights' gradients those of the scores: of each query, w (g - sum over keys of w g).
void soften(float* HWY_RESTRICT weights, float* HWY_RESTRICT gradients, std::int64_t keys) {
  const std::int64_t n = lanes(), width = block();
  for (int v = 0; v < kWidth; ++v, weights += n, gradients += n) {
    Vector most = hn::LoadU(kTag, weights);
    for (std::int64_t key = 1; key < keys; ++key) most = hn::Max(most, hn::LoadU(kTag, weights + key * width));
    Vector sum = hn::Zero(kTag), product = hn::Zero(kTag);
    for (std::int64_t key = 0; key < keys; ++key) {
      const Vector weight = hn::Exp(kTag, hn::Sub(hn::LoadU(kTag, weights + key * width), most));
      sum = hn::Add(sum, weight);
      product = hn::MulAdd(weight, hn::LoadU(kTag, gradients + key * width), product);
      hn::StoreU(weight, kTag, weights + key * width);
    }
    const Vector share = hn::Div(hn::Set(kTag, 1.0f), sum), shared = hn::Mul(product, share);
    for (std::int64_t key = 0; key < keys; ++key) {
      const Vector weight = hn::Mul(hn::LoadU(kTag, weights + key * width), share);
      const Vector gradient = hn::Sub(hn::LoadU(kTag, gradients + key * width), shared);
      hn::StoreU(weight, kTag, weights + key * width);
      hn::StoreU(hn::Mul(weight, gradient), kTag, gradients + key * width);
    }
  }
}

std::int64_t gradient_lanes() {
  return std::int64_t(hn::Lanes(kSmallTag));
}

void attend_backwards(const AttentionHeadGradients& head) {
  thread_local GradientBuffers buffers;
  const std::int64_t width = block(), depth = head.depth, keys = head.keys;
  buffers.fit(keys, depth);
  float *queries = buffers.queries.data(), *above = buffers.above.data(), *weights = buffers.weights.data(),
        *gradients = buffers.gradients.data(), *result = buffers.turned_result.data(),
        *turned_queries = buffers.turned_queries.data(), *turned_above = buffers.turned_above.data();
  for (std::int64_t first = 0; first < head.queries; first += width) {
    const std::int64_t count = std::min(width, head.queries - first);
    for (std::int64_t query = 0; query < width; ++query) {
      // Places without a query have no gradient and add nothing.
      const std::int64_t place = (first + query) * head.stride;
      for (std::int64_t d = 0; d < depth; ++d) {
        const float q = query < count ? head.query[place + d] * head.scale : 0;
        const float g = query < count ? head.result_gradient[place + d] : 0;
        queries[query * depth + d] = turned_queries[d * width + query] = q;
        above[query * depth + d] = turned_above[d * width + query] = g;
      }
    }
    multiply(keys, width, {head.key, depth, 1}, depth, turned_queries, width, weights, width, false);
    multiply(keys, width, {head.value, depth, 1}, depth, turned_above, width, gradients, width, false);
    soften(weights, gradients, keys);
    multiply(depth, width, {head.key, 1, depth}, keys, gradients, width, result, width, false);
    multiply(keys, depth, {weights, width, 1}, count, above, depth, head.value_gradient, depth, true);
    multiply(keys, depth, {gradients, width, 1}, count, queries, depth, head.key_gradient, depth, true);
    for (std::int64_t query = 0; query < count; ++query) {
      float* row = head.query_gradient + (first + query) * head.stride;
      for (std::int64_t d = 0; d < depth; ++d) row[d] = result[d * width + query] * head.scale;
    }
  }
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(gradient_lanes);
HWY_EXPORT(attend_backwards);

std::int64_t attention_gradient_lanes() {
  return HWY_DYNAMIC_DISPATCH(gradient_lanes)();
}

void attend_backwards(const AttentionHeadGradients& head) {
  HWY_DYNAMIC_DISPATCH(attend_backwards)(head);
}

}  // namespace darkroom::layers
#endif
