#include "layers/bf16_product.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>

#include <algorithm>
#include <vector>

#include "layers/bf16_numbers.h"
#include "layers/kernels/aligned_floats.h"
#include "layers/kernels/bf16_product_kernel.h"
#include "layers/kernels/product_kernel.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kBlock = 32 * kPairRows;  // rows that pass by a panel while both are in the second cache
constexpr int64_t kTasks = 4;               // for each thread, so that none waits long for another

/// What a thread works with.
struct Scratch {
  AlignedFloats sums, gated;
  std::vector<const std::uint16_t*> places;  ///< where the rows of a block begin, [tile][tap][kPairRows]
};

/// Rows of an input, or places of a picture, times a weight.
struct Product {
  const PanelShape& shape;
  const std::uint16_t* panels;
  PanelOrder order;
  const float* offset;  ///< or nullptr
  std::uint16_t* out;   ///< rows of `width`
  int64_t rows, width;

  /// Sums of `count` rows, whose places are in `scratch`, for one panel: [count][pair_panel()].
  const float* sums(int64_t count, int64_t panel, Scratch& scratch) const {
    const int64_t columns = pair_panel();
    float* to = scratch.sums.fit(size_t(kBlock * columns));
    for (int64_t first = 0; first < shape.in; first += shape.step) {
      const std::uint16_t* part = panels + shape.part(panel, first);
      for (int64_t row = 0; row < count; row += kPairRows)
        multiply_pairs(scratch.places.data() + row * shape.taps, std::min(kPairRows, count - row), shape.taps, first,
                       std::min(shape.step, shape.in - first), part, first > 0, to + row * columns);
    }
    return to;
  }

  /// What becomes of the sums of rows first .. first + count.
  void finish(const float* sums, int64_t first, int64_t count, int64_t panel, Scratch& scratch) const {
    const int64_t columns = pair_panel();
    if (order != PanelOrder::halves) {
      const int64_t column = panel * columns, used = std::min(columns, width - column);
      for (int64_t r = 0; r < count; ++r)
        round_sums(sums + r * columns, offset ? offset + column : nullptr, used, out + (first + r) * width + column);
      return;
    }
    const int64_t half = columns / 2, column = panel * half, used = std::min(half, width - column);
    float* values = scratch.gated.fit(size_t(columns));
    for (int64_t r = 0; r < count; ++r, sums += columns) {
      for (int64_t c = 0; c < used; ++c) {
        values[c] = sums[c] + (offset ? offset[column + c] : 0);
        values[half + c] = sums[half + c] + (offset ? offset[width + column + c] : 0);
      }
      gate_with_gelu(values, values + half, used, values);
      round_sums(values, nullptr, used, out + (first + r) * width + column);
    }
  }

  /// place(row, its pointers, kPairRows apart): where each part of a row begins.
  template <typename Place>
  void run(const Place& place) const {
    const int64_t down = (rows + kBlock - 1) / kBlock;
    int64_t panels_each = shape.panels;
    const auto across = [&] { return (shape.panels + panels_each - 1) / panels_each; };
    while (panels_each > 1 && down * across() < kTasks * at::get_num_threads()) panels_each = (panels_each + 1) / 2;
    const int64_t groups = across();
    at::parallel_for(0, down * groups, 1, [&](int64_t begin, int64_t end) {
      thread_local Scratch scratch;
      scratch.places.resize(size_t(kBlock * shape.taps));
      int64_t placed = -1;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i / groups * kBlock, count = std::min(kBlock, rows - first);
        if (first != placed) {
          for (int64_t r = 0; r < count; ++r)
            place(first + r, scratch.places.data() + r / kPairRows * kPairRows * shape.taps + r % kPairRows);
          placed = first;
        }
        const int64_t last = std::min(shape.panels, (i % groups + 1) * panels_each);
        for (int64_t panel = i % groups * panels_each; panel < last; ++panel)
          finish(sums(count, panel, scratch), first, count, panel, scratch);
      }
    });
  }
};

Tensor offset_of(const Tensor& bias) {
  return bias.defined() ? in_type(bias, at::kFloat).contiguous() : bias;
}

Tensor multiplied(const Tensor& x, const Tensor& weight, const PackedWeight& packed, const Tensor& bias,
                  PanelOrder order) {
  const PanelShape shape(weight, order);
  const Tensor rows = x.reshape({-1, x.size(-1)}).contiguous(), offset = offset_of(bias);
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = order == PanelOrder::halves ? shape.out / 2 : shape.out;
  const Tensor y = at::empty(sizes, x.options());
  const std::uint16_t* from = bf16_data(rows);
  const Product product{.shape = shape,
                        .panels = packed.of(weight, order),
                        .order = order,
                        .offset = offset.defined() ? offset.data_ptr<float>() : nullptr,
                        .out = bf16_data(y),
                        .rows = rows.size(0),
                        .width = sizes.back()};
  product.run([&](int64_t row, const std::uint16_t** places) { *places = from + row * shape.in; });
  return y;
}

Tensor convolved(const Tensor& x, const Tensor& weight, const PackedWeight& packed, const Tensor& bias,
                 PanelOrder order, int64_t stride, int64_t padding) {
  const PanelShape shape(weight, order);
  const int64_t side = weight.size(2), height = x.size(2), width = x.size(3);
  const int64_t down = (height + 2 * padding - side) / stride + 1, across = (width + 2 * padding - side) / stride + 1;
  const Tensor pixels = x.contiguous(at::MemoryFormat::ChannelsLast), offset = offset_of(bias);
  const Tensor y = at::empty({x.size(0), shape.out, down, across}, x.options(), at::MemoryFormat::ChannelsLast);
  const std::vector<std::uint16_t> nothing(static_cast<size_t>(shape.in));  // a pixel outside
  const std::uint16_t* from = bf16_data(pixels);
  const Product product{.shape = shape,
                        .panels = packed.of(weight, order),
                        .order = order,
                        .offset = offset.defined() ? offset.data_ptr<float>() : nullptr,
                        .out = bf16_data(y),
                        .rows = x.size(0) * down * across,
                        .width = shape.out};
  product.run([&](int64_t row, const std::uint16_t** places) {
    const int64_t picture = row / (down * across), top = row / across % down * stride - padding,
                  left = row % across * stride - padding;
    for (int64_t tap = 0; tap < shape.taps; ++tap) {
      const int64_t line = top + tap / side, pixel = left + tap % side;
      const bool is_inside = line >= 0 && line < height && pixel >= 0 && pixel < width;
      places[tap * kPairRows] =
          is_inside ? from + ((picture * height + line) * width + pixel) * shape.in : nothing.data();
    }
  });
  return y;
}

}  // namespace

bool can_use_bf16_product(const Tensor& x, const Tensor& weight) {
  return x.scalar_type() == at::kBFloat16 && x.device().is_cpu() && x.numel() > 0 && is_readable(weight) &&
         weight.size(1) % 2 == 0 && has_bf16_kernels() && !at::autocast::is_cpu_enabled();
}

Tensor bf16_linear(const Tensor& x, const Tensor& weight, const PackedWeight& packed, const Tensor& bias) {
  return multiplied(x, weight, packed, bias, PanelOrder::neighbours);
}

Tensor bf16_geglu(const Tensor& x, const Tensor& weight, const PackedWeight& packed, const Tensor& bias) {
  return multiplied(x, weight, packed, bias, PanelOrder::halves);
}

Tensor bf16_conv(const Tensor& x, const Tensor& weight, const PackedWeight& packed, const Tensor& bias, int64_t stride,
                 int64_t padding) {
  return convolved(x, weight, packed, bias, PanelOrder::neighbours, stride, padding);
}

Tensor bf16_linear_input_gradient(const Tensor& g, const Tensor& weight) {
  return multiplied(g, weight, PackedWeight(), {}, PanelOrder::backwards);
}

Tensor bf16_conv_input_gradient(const Tensor& g, const Tensor& weight, at::IntArrayRef input, int64_t stride,
                                int64_t padding) {
  const int64_t around = weight.size(2) - 1 - padding;
  if (stride == 1) return convolved(g, weight, PackedWeight(), {}, PanelOrder::backwards, 1, around);
  // With zeros where the stride left out.
  const Tensor spread = at::empty({g.size(0), g.size(1), input[2] + weight.size(2) - 1, input[3] + weight.size(3) - 1},
                                  g.options(), at::MemoryFormat::ChannelsLast)
                            .zero_();
  spread.slice(2, around, around + stride * (g.size(2) - 1) + 1, stride)
      .slice(3, around, around + stride * (g.size(3) - 1) + 1, stride)
      .copy_(g);
  return convolved(spread, weight, PackedWeight(), {}, PanelOrder::backwards, 1, 0);
}

}  // namespace darkroom::layers
