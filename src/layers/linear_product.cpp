#include "layers/linear_product.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>

#include <algorithm>
#include <atomic>

#include "layers/bf16_numbers.h"
#include "layers/kernels/aligned_floats.h"
#include "layers/kernels/bf16_product_kernel.h"
#include "layers/kernels/product_kernel.h"
#include "layers/kernels/widening_kernel.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kDepth = 320;      // of a panel: 20 KiB with 16 columns, in the first cache
constexpr int64_t kMostPanels = 4;   // packed at a time: 80 KiB
constexpr int64_t kBlock = 96;       // rows that pass by all of them while in the second cache, 120 KiB
constexpr int64_t kTaskRows = 2112;  // for which a panel is packed once, in whole blocks
constexpr int64_t kGegluRows = 768;  // the same where both halves are held until they are multiplied, 192 KiB
constexpr int64_t kTasks = 4;        // for each thread, so that none waits long for another

/// What a thread works with.
struct Scratch {
  AlignedFloats wide, panels, halves;
};

/// Rows times a weight [out, in]: from inputs to outputs, or backwards, as gradients go.
struct Product {
  const float* x;
  int64_t rows, depth;  ///< of x
  Tensor weight;
  bool backwards;
  const float* bias;  ///< or nullptr
  float* y;
  int64_t width;  ///< of y; with GEGLU twice that

  /// Backwards: the same of `count` panels side by side, whose columns are neighbours in each row of the weight. Rows
  /// are widened in one piece: sixteen numbers at a time, calling takes longer than widening.
  void pack_backwards(int64_t column, int64_t count, int64_t first, int64_t places, Scratch& scratch,
                      float* panels) const {
    const int64_t columns = product_panel(), in = weight.size(1), size = columns * kDepth;
    float* wide = scratch.wide.fit(size_t(columns * kDepth));
    for (int64_t k = 0; k < places; ++k) {
      widen(weight, (first + k) * in + column, count * columns, wide);
      for (int64_t p = 0; p < count; ++p) std::copy_n(wide + p * columns, columns, panels + p * size + k * columns);
    }
  }

  /// Places first .. first + count of the sums for the columns of y from `column` on, as a panel.
  void pack(int64_t column, int64_t first, int64_t count, float* panel) const {
    const int64_t in = weight.size(1), begin = column * in + first;
    const auto* halves = static_cast<const uint16_t*>(weight.data_ptr()) + begin;
    switch (weight.scalar_type()) {
      case at::kHalf:
        return pack_fp16_panel(halves, in, count, panel);
      case at::kBFloat16:
        return pack_bf16_panel(halves, in, count, panel);
      default:
        pack_panel(weight.data_ptr<float>() + begin, in, count, panel);
    }
  }

  /// `count` panels, which begin at columns[0 .. count), for some rows, side by side into `to`.
  void run(int64_t first_row, int64_t row_count, const int64_t* columns, int64_t count, Scratch& scratch, float* to,
           int64_t to_stride) const {
    const int64_t panel = product_panel(), size = panel * kDepth;
    float* panels = scratch.panels.fit(size_t(kMostPanels * size));
    for (int64_t k = 0; k < depth; k += kDepth) {
      const int64_t places = std::min(kDepth, depth - k);
      if (backwards) pack_backwards(columns[0], count, k, places, scratch, panels);
      for (int64_t p = 0; p < count && !backwards; ++p) pack(columns[p], k, places, panels + p * size);
      for (int64_t row = 0; row < row_count; row += kBlock) {
        const int64_t block = std::min(kBlock, row_count - row);
        const float* from = x + (first_row + row) * depth + k;
        for (int64_t p = 0; p < count; ++p) {
          const bool is_last = k + places == depth;
          multiply_far_panel(from, depth, block, places, panels + p * size, /*adds=*/k > 0,
                             bias && is_last ? bias + columns[p] : nullptr, to + row * to_stride + p * panel,
                             to_stride);
        }
      }
    }
  }
};

/// How rows and panels are shared out: so that all threads are busy, and what each share must fetch costs least. Rows
/// come from memory once for all panels of a share, panels are packed once for all its rows.
struct Tasks {
  int64_t all_rows, all_panels, rows, panels;
  int64_t across, count;

  Tasks(int64_t all_rows, int64_t all_panels, int64_t most_rows, int64_t most_panels)
      : all_rows(all_rows), all_panels(all_panels) {
    constexpr int64_t kPackedInRows = 40;  // packing a panel takes as long as fetching so many rows
    const auto in_parts_of = [](int64_t all, int64_t part) { return (all + part - 1) / part; };
    int64_t least_cost = INT64_MAX;
    for (int64_t down = in_parts_of(all_rows, most_rows); down <= in_parts_of(all_rows, kBlock); ++down) {
      const int64_t share = in_parts_of(in_parts_of(all_rows, down), kBlock) * kBlock;
      const int64_t shares = in_parts_of(all_rows, share);
      int64_t side_by_side = most_panels;
      const auto shares_across = [&] { return in_parts_of(all_panels, side_by_side); };
      while (side_by_side > 1 && shares * shares_across() < kTasks * at::get_num_threads()) --side_by_side;
      const int64_t cost = shares_across() * all_rows + shares * all_panels * kPackedInRows;
      if (cost >= least_cost) continue;
      least_cost = cost, rows = share, panels = side_by_side, across = shares_across(), count = shares * across;
    }
  }

  /// Calls do_task(first row, rows, first panel, panels, scratch) for each, the next one in whichever thread is free:
  /// they are not equal.
  template <typename DoTask>
  void run(const DoTask& do_task) const {
    std::atomic<int64_t> next{0};
    at::parallel_for(0, std::min<int64_t>(count, at::get_num_threads()), 1, [&](int64_t, int64_t) {
      thread_local Scratch scratch;
      for (int64_t i = next++; i < count; i = next++) {
        const int64_t row = i / across * rows, first = i % across * panels;
        do_task(row, std::min(rows, all_rows - row), first, std::min(panels, all_panels - first), scratch);
      }
    });
  }
};

/// x [rows, depth] to [rows, width], without GEGLU.
void multiply(const Product& product) {
  const int64_t panel = product_panel();
  Tasks(product.rows, product.width / panel, kTaskRows, kMostPanels)
      .run([&](int64_t row, int64_t rows, int64_t first, int64_t count, Scratch& scratch) {
        int64_t columns[kMostPanels];
        for (int64_t p = 0; p < count; ++p) columns[p] = (first + p) * panel;
        product.run(row, rows, columns, count, scratch, product.y + row * product.width + columns[0], product.width);
      });
}

Tensor rows_of(const Tensor& x) {
  return x.reshape({-1, x.size(-1)}).contiguous();
}

Tensor result_of(const Tensor& x, int64_t width) {
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = width;
  return at::empty(shape, x.options());
}

Tensor offset_of(const Tensor& bias) {
  return bias.defined() ? in_type(bias, at::kFloat).contiguous() : bias;
}

const float* numbers_of(const Tensor& offset) {
  return offset.defined() ? offset.data_ptr<float>() : nullptr;
}

Tensor multiplied(const Tensor& x, const Tensor& weight, bool backwards, const Tensor& bias) {
  const int64_t width = weight.size(backwards ? 1 : 0);
  const Tensor rows = rows_of(x), kernel = weight.contiguous(), offset = offset_of(bias), y = result_of(x, width);
  multiply({.x = rows.data_ptr<float>(),
            .rows = rows.size(0),
            .depth = rows.size(1),
            .weight = kernel,
            .backwards = backwards,
            .bias = numbers_of(offset),
            .y = y.data_ptr<float>(),
            .width = width});
  return y;
}

/// Calls do_row(row, scratch) for each, on all threads.
template <typename DoRow>
void for_rows(int64_t rows, const DoRow& do_row) {
  at::parallel_for(0, rows, 16, [&](int64_t begin, int64_t end) {
    thread_local Scratch scratch;
    for (int64_t r = begin; r < end; ++r) do_row(r, scratch);
  });
}

}  // namespace

bool can_use_linear_product(const Tensor& x, const Tensor& weight) {
  return x.scalar_type() == at::kFloat && x.device().is_cpu() && is_readable(weight) && x.numel() > 0 &&
         !at::autocast::is_cpu_enabled() && weight.size(0) % product_panel() == 0;
}

bool can_use_geglu_product(const Tensor& x, const Tensor& weight) {
  return can_use_linear_product(x, weight) && weight.size(0) % (2 * product_panel()) == 0;
}

Tensor linear_product(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return multiplied(x, weight, /*backwards=*/false, bias);
}

Tensor linear_product_input_gradient(const Tensor& g, const Tensor& weight) {
  return multiplied(g, weight, /*backwards=*/true, {});
}

Tensor gelu_gated(const Tensor& x) {
  const int64_t half = x.size(-1) / 2;
  const Tensor rows = rows_of(x), y = result_of(x, half);
  for_rows(rows.size(0), [&](int64_t r, Scratch& scratch) {
    if (x.scalar_type() == at::kFloat) {
      const float* from = rows.data_ptr<float>() + 2 * r * half;
      return gate_with_gelu(from, from + half, half, y.data_ptr<float>() + r * half);
    }
    float* wide = scratch.wide.fit(size_t(2 * half));
    widen_bf16(bf16_data(rows) + 2 * r * half, 2 * half, wide);
    gate_with_gelu(wide, wide + half, half, wide);
    round_sums(wide, nullptr, half, bf16_data(y) + r * half);
  });
  return y;
}

Tensor gelu_gated_gradient(const Tensor& x, const Tensor& g) {
  const int64_t half = g.size(-1);
  const Tensor rows = rows_of(x), above = rows_of(g), dx = at::empty(x.sizes(), rows.options());
  for_rows(rows.size(0), [&](int64_t r, Scratch& scratch) {
    if (x.scalar_type() == at::kFloat) {
      const float* from = rows.data_ptr<float>() + 2 * r * half;
      float* to = dx.data_ptr<float>() + 2 * r * half;
      return gate_gradients(from, from + half, above.data_ptr<float>() + r * half, half, to, to + half);
    }
    float *wide = scratch.wide.fit(size_t(3 * half)), *to = scratch.halves.fit(size_t(2 * half));
    widen_bf16(bf16_data(rows) + 2 * r * half, 2 * half, wide);
    widen_bf16(bf16_data(above) + r * half, half, wide + 2 * half);
    gate_gradients(wide, wide + half, wide + 2 * half, half, to, to + half);
    round_sums(to, nullptr, 2 * half, bf16_data(dx) + 2 * r * half);
  });
  return dx;
}

Tensor geglu_product(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const int64_t panel = product_panel(), half = weight.size(0) / 2;
  const Tensor rows = rows_of(x), kernel = weight.contiguous(), offset = offset_of(bias), y = result_of(x, half);
  const Product product{.x = rows.data_ptr<float>(),
                        .rows = rows.size(0),
                        .depth = rows.size(1),
                        .weight = kernel,
                        .backwards = false,
                        .bias = numbers_of(offset),
                        .y = y.data_ptr<float>(),
                        .width = half};
  Tasks(product.rows, half / panel, kGegluRows, kMostPanels / 2)
      .run([&](int64_t row, int64_t row_count, int64_t first, int64_t count, Scratch& scratch) {
        int64_t columns[kMostPanels];
        for (int64_t p = 0; p < count; ++p) {
          columns[p] = (first + p) * panel;
          columns[count + p] = half + columns[p];
        }
        const int64_t gates = count * panel;
        float* halves = scratch.halves.fit(size_t(row_count * 2 * gates));
        product.run(row, row_count, columns, 2 * count, scratch, halves, 2 * gates);
        for (int64_t r = 0; r < row_count; ++r, halves += 2 * gates)
          gate_with_gelu(halves, halves + gates, gates, product.y + (row + r) * half + columns[0]);
      });
  return y;
}

}  // namespace darkroom::layers
