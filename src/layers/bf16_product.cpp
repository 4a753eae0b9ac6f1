#include "layers/bf16_product.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>

#include <algorithm>
#include <vector>

#include "layers/bf16_numbers.h"
#include "layers/kernels/aligned_floats.h"
#include "layers/kernels/bf16_product_kernel.h"
#include "layers/kernels/product_kernel.h"
#include "layers/kernels/tile_product_kernel.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kBlock = 32 * kPairRows;  // rows that pass by a panel while both are in the second cache
constexpr int64_t kTasks = 4;               // for each thread, so that none waits long for another

// In tiles. Rows are packed once for all panels of a task, as many as stay in the second cache beside a panel and its
// sums; of a panel so many places that they stay in the first one.
constexpr int64_t kTileRows = 2 * kTileSide;
constexpr int64_t kMostRows = 1024, kPackedNumbers = 320 << 10, kPlacesAtOnce = 320;
constexpr int64_t kFewestRows = 256, kTileTasks = 2;  // tasks for each thread

/// The size of equal parts, multiples of `unit`, none of which is larger than `most`.
int64_t equal_part(int64_t all, int64_t most, int64_t unit) {
  const int64_t parts = (all + most - 1) / most;
  return rounded_up((all + parts - 1) / parts, unit);
}

/// What a thread works with.
struct Scratch {
  AlignedFloats sums, gated, packed;
  std::vector<const std::uint16_t*> places;  ///< where the rows of a block begin, [tile][tap][rows of a tile]
};

/// Rows of an input, or places of a picture, times a weight.
struct Product {
  const PanelShape& shape;
  const std::uint16_t* panels;
  PanelOrder order;
  const float* offset;  ///< or nullptr
  std::uint16_t* out;   ///< rows of `width`
  int64_t rows, width;

  /// place(row, its pointers, so many apart): where each part of a row begins.
  template <typename Place>
  void run(const Place& place) const {
    if (shape.is_tiles) return run_in_tiles(place);
    share(kBlock, kTasks, [&](int64_t first, int64_t count, int64_t panel, int64_t last, Scratch& scratch) {
      find(place, kPairRows, first, count, scratch);
      for (; panel < last; ++panel) finish(sums(count, panel, scratch), first, count, panel, scratch);
    });
  }

  /// Rows in blocks and panels in groups, shared among threads: each(first row, count, panel, last panel, scratch).
  template <typename Each>
  void share(int64_t block, int64_t tasks, const Each& each) const {
    const int64_t down = (rows + block - 1) / block;
    int64_t panels_each = shape.panels;
    const auto across = [&] { return (shape.panels + panels_each - 1) / panels_each; };
    while (panels_each > 1 && down * across() < tasks * at::get_num_threads()) panels_each = (panels_each + 1) / 2;
    const int64_t groups = across();
    at::parallel_for(0, down * groups, 1, [&](int64_t begin, int64_t end) {
      thread_local Scratch scratch;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i / groups * block, panel = i % groups * panels_each;
        each(first, std::min(block, rows - first), panel, std::min(shape.panels, panel + panels_each), scratch);
      }
    });
  }

  template <typename Place>
  void find(const Place& place, int64_t tile, int64_t first, int64_t count, Scratch& scratch) const {
    scratch.places.resize(size_t(rounded_up(count, tile) * shape.taps));
    for (int64_t r = 0; r < count; ++r)
      place(first + r, scratch.places.data() + r / tile * tile * shape.taps + r % tile, tile);
  }

  /// Sums of `count` rows, whose places are in `scratch`, for one panel: [count][columns].
  const float* sums(int64_t count, int64_t panel, Scratch& scratch) const {
    const int64_t columns = shape.columns;
    float* to = scratch.sums.fit(size_t(kBlock * columns));
    for (int64_t first = 0; first < shape.in; first += shape.step) {
      const std::uint16_t* part = panels + shape.part(panel, first);
      for (int64_t row = 0; row < count; row += kPairRows)
        multiply_pairs(scratch.places.data() + row * shape.taps, std::min(kPairRows, count - row), shape.taps, first,
                       std::min(shape.step, shape.in - first), part, first > 0, to + row * columns);
    }
    return to;
  }

  template <typename Place>
  void run_in_tiles(const Place& place) const {
    int64_t block = std::min(kMostRows, kPackedNumbers / (shape.step * shape.taps) / kTileRows * kTileRows);
    while (block > kFewestRows && rows < block * kTileTasks * at::get_num_threads())
      block = rounded_up(block / 2, kTileRows);
    share(block, kTileTasks, [&](int64_t first, int64_t count, int64_t panel, int64_t last, Scratch& scratch) {
      const TileRegisters registers;
      find(place, kTileRows, first, count, scratch);
      const int64_t one = rounded_up(count, kTileRows) * shape.columns;  // sums of a panel
      const bool is_whole = shape.step >= shape.places;
      float* sums = scratch.sums.fit(size_t(is_whole ? one : one * (last - panel)));
      for (int64_t part = 0; part < shape.places; part += shape.step) {
        pack(count, part, scratch);
        for (int64_t i = panel; i < last; ++i)
          multiply({first, count, i, part, /*is_last=*/i + 1 == last}, sums + (is_whole ? 0 : one * (i - panel)),
                   scratch);
      }
    });
  }

  int64_t places_of(int64_t part) const { return std::min(shape.step, shape.places - part); }

  /// A part of the rows found, of all taps one after another.
  void pack(int64_t count, int64_t part, Scratch& scratch) const {
    const int64_t places = places_of(part), all = places * shape.taps;
    auto* packed = reinterpret_cast<std::uint16_t*>(scratch.packed.fit(size_t(rounded_up(count, kTileRows) * all / 2)));
    for (int64_t row = 0; row < count; row += kTileRows)
      for (int64_t tap = 0; tap < shape.taps; ++tap, packed += kTileRows * places)
        pack_rows(scratch.places.data() + (row * shape.taps + tap * kTileRows), std::min(kTileRows, count - row), part,
                  std::min(places, shape.in - part), packed);
  }

  /// Packed rows first .. first + count times a part of a panel.
  struct PartOfPanel {
    int64_t first, count, panel, part;
    bool is_last;  ///< panel of the task
  };

  /// Meanwhile the same part of the next panel comes into the second cache.
  void multiply(const PartOfPanel& one, float* sums, Scratch& scratch) const {
    const auto* packed = reinterpret_cast<const std::uint16_t*>(scratch.packed.data());
    const std::uint16_t* columns = panels + shape.part(one.panel, one.part);
    const int64_t all = places_of(one.part) * shape.taps, some = equal_part(all, kPlacesAtOnce, kTilePlaces);
    const int64_t tiles = (one.count + kTileRows - 1) / kTileRows;
    ReadSoon soon{.first = columns + shape.panel_size(),
                  .lines = one.is_last ? 0 : (shape.columns + tiles - 1) / tiles};
    for (int64_t at = 0; at < all; at += some) {
      const int64_t steps = std::min(some, all - at) / kTilePlaces;
      const bool is_whole = at + some >= all && one.part + shape.step >= shape.places;
      for (int64_t row = 0; row < one.count; row += kTileRows, soon.first += steps * soon.lines * kTilePlaces) {
        const int64_t count = std::min(kTileRows, one.count - row);
        float* of_rows = sums + row * shape.columns;
        multiply_tiles(in_order(packed + row * all + at * kTileRows, count > kTileSide ? 2 : 1),
                       in_order(columns + at * shape.columns), steps, one.part + at > 0, of_rows, shape.columns, soon);
        if (is_whole) finish(of_rows, one.first + row, count, one.panel, scratch);  // while the first cache has them
      }
    }
  }

  /// What becomes of the sums of rows first .. first + count.
  void finish(const float* sums, int64_t first, int64_t count, int64_t panel, Scratch& scratch) const {
    const int64_t columns = shape.columns;
    std::uint16_t* to = out + first * width;
    if (order != PanelOrder::halves) {
      const int64_t column = panel * columns, used = std::min(columns, width - column);
      return round_rows(sums, columns, offset ? offset + column : nullptr, count, used, to + column, width);
    }
    const int64_t half = columns / 2, column = panel * half, used = std::min(half, width - column);
    float *values = scratch.gated.fit(size_t(count * columns)), *gates = values + count * half;
    const bool is_whole = used == half;
    part_halves(sums, count, half, offset && is_whole ? offset + column : nullptr,
                offset && is_whole ? offset + width + column : nullptr, values, gates);
    if (offset && !is_whole) add_offsets(column, used, count, half, values, gates);
    gate_with_gelu(values, gates, count * half, values);
    round_rows(values, half, nullptr, count, used, to + column, width);
  }

  /// In the last panel, which has more columns than there are offsets.
  void add_offsets(int64_t column, int64_t used, int64_t count, int64_t half, float* values, float* gates) const {
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t c = 0; c < used; ++c) {
        values[r * half + c] += offset[column + c];
        gates[r * half + c] += offset[width + column + c];
      }
    }
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
  product.run([&](int64_t row, const std::uint16_t** places, int64_t) { *places = from + row * shape.in; });
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
  product.run([&](int64_t row, const std::uint16_t** places, int64_t apart) {
    const int64_t picture = row / (down * across), top = row / across % down * stride - padding,
                  left = row % across * stride - padding;
    for (int64_t tap = 0; tap < shape.taps; ++tap) {
      const int64_t line = top + tap / side, pixel = left + tap % side;
      const bool is_inside = line >= 0 && line < height && pixel >= 0 && pixel < width;
      places[tap * apart] = is_inside ? from + ((picture * height + line) * width + pixel) * shape.in : nothing.data();
    }
  });
  return y;
}

constexpr int64_t kTurned = 32;  // rows at a time

/// Rows, a multiple of 32, become columns: pairs of rows first, which then change places whole.
Tensor turned(const Tensor& x) {
  const int64_t rows = x.size(0), columns = x.size(1);
  const Tensor from = x.contiguous(), to = at::empty({columns, rows}, x.options());
  at::parallel_for(0, rows / kTurned, 1, [&](int64_t begin, int64_t end) {
    thread_local std::vector<std::uint16_t> pairs;
    pairs.resize(size_t(kTurned * columns));
    for (int64_t block = begin; block < end; ++block) {
      zip_rows(bf16_data(from) + block * kTurned * columns, columns, kTurned / 2, columns, pairs.data(), 2 * columns);
      turn_pairs(pairs.data(), 2 * columns, kTurned / 2, columns, bf16_data(to) + block * kTurned, rows);
    }
  });
  return to;
}

/// x [..., columns] as rows, filled up with zeros to a multiple of 32.
Tensor filled_rows(const Tensor& x) {
  const Tensor rows = x.reshape({-1, x.size(-1)});
  return rows.size(0) % kTurned == 0 ? rows : at::pad(rows, {0, 0, 0, kTurned - rows.size(0) % kTurned});
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

Tensor bf16_linear_weight_gradient(const Tensor& g, const Tensor& x) {
  return multiplied(turned(filled_rows(g)), filled_rows(x), PackedWeight(), {}, PanelOrder::backwards);
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
