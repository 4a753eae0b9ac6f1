#include "layers/winograd_conv.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "layers/kernels/product_kernel.h"
#include "layers/kernels/winograd_kernel.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kMostTiles = 96;  // of a block: each brings the kernels from memory once
constexpr int64_t kTileStep = 6;    // rows that are multiplied together
// Between positions: without it the sixteen places that a tile is written to often share one set of the first cache.
constexpr int64_t kGap = 16;
// Numbers of a chunk of tiles whose products for the kernels' gradient are added up at a time, 12 MiB: they stay in the
// last cache. The chunks, and with them the order of sums, do not depend on the threads.
constexpr int64_t kChunkNumbers = int64_t(3) << 20;

// Numbers of transformed kernels that are held at a time, 96 MiB. Of larger ones some outputs after others are
// computed, with the windows transformed again for each.
constexpr int64_t kMostKernelNumbers = int64_t(24) << 20;

std::atomic<int64_t> transformations = 0;

/// Tiles of 2 x 2 outputs over all pictures of a batch, row by row.
struct Tiles {
  int64_t height, width;  // of a picture, in pixels
  int64_t down, across;   // tiles of a picture
  int64_t count;          // of the batch

  explicit Tiles(const Tensor& x)
      : height(x.size(2)),
        width(x.size(3)),
        down((height + 1) / 2),
        across((width + 1) / 2),
        count(x.size(0) * down * across) {}
};

/// A tile's pixels in pictures [picture][y][x][channel].
template <typename Float>
struct TilePixels {
  Float* pictures;
  int64_t channels, height, width, first_row, y, x;

  TilePixels(const Tiles& tiles, Float* pictures, int64_t channels, int64_t tile)
      : pictures(pictures), channels(channels), height(tiles.height), width(tiles.width) {
    const int64_t picture = tile / (tiles.down * tiles.across), place = tile % (tiles.down * tiles.across);
    first_row = picture * height, y = place / tiles.across * 2, x = place % tiles.across * 2;
  }

  /// The pixel at (dy, dx) from the upper left output, or `beyond` where the picture has none.
  Float* at(int64_t dy, int64_t dx, Float* beyond) const {
    const int64_t row = y + dy, column = x + dx;
    if (row < 0 || row >= height || column < 0 || column >= width) return beyond;
    return pictures + ((first_row + row) * width + column) * channels;
  }
};

void transform_window_of(const Tiles& tiles, const float* x, int64_t channels, const float* zeros, int64_t tile,
                         float* v, int64_t stride) {
  const TilePixels<const float> of_tile(tiles, x, channels, tile);
  const float* pixels[kWinogradPositions];
  for (int64_t p = 0; p < kWinogradPositions; ++p) pixels[p] = of_tile.at(p / 4 - 1, p % 4 - 1, zeros);
  transform_window(pixels, channels, v, stride);
}

/// Kernels as u[position][panel of output channels][in][panel], and a gap.
struct TransformedKernels {
  int64_t in, out;
  Tensor u;
};

/// A convolution with kernels [out, in, 3, 3], or `backwards` the one that carries gradients of its outputs to its
/// inputs: kernels rotated, in and out exchanged.
struct Kernels {
  Tensor stored;  ///< in fp32 in any order, else row after row
  bool backwards;

  Kernels(const Tensor& weight, bool backwards)
      : stored(weight.scalar_type() == at::kFloat ? weight : weight.contiguous()), backwards(backwards) {}

  int64_t in() const { return stored.size(backwards ? 0 : 1); }
  int64_t out() const { return stored.size(backwards ? 1 : 0); }

  /// Taps of a panel of outputs from `output` on. What is stored in less is widened into `wide` first.
  std::pair<const float*, KernelStrides> panel_of(int64_t output, std::vector<float>& wide) const {
    const int64_t panel = winograd_panel(), rows = stored.size(0), columns = stored.size(1);
    const float* taps = nullptr;
    KernelStrides strides{};
    if (stored.scalar_type() == at::kFloat) {
      strides = {stored.stride(0), stored.stride(1), stored.stride(2), stored.stride(3)};
      taps = stored.data_ptr<float>() + output * (backwards ? strides.in : strides.out);
    } else {
      wide.resize(size_t(in() * panel * 9));
      const int64_t width = backwards ? panel : columns;  // inputs of a kernel that are widened
      for (int64_t row = 0; row < (backwards ? rows : panel); ++row) {
        const int64_t first = backwards ? row * columns + output : (output + row) * columns;
        widen(stored, first * 9, width * 9, wide.data() + row * width * 9);
      }
      strides = {width * 9, 9, 3, 1};
      taps = wide.data();
    }
    if (!backwards) return {taps, strides};
    return {taps + 2 * strides.y + 2 * strides.x, {strides.in, strides.out, -strides.y, -strides.x}};
  }

  /// Of outputs first .. first + count.
  TransformedKernels transformed(int64_t first, int64_t count) const {
    ++transformations;
    const int64_t panel = winograd_panel(), in = this->in();
    const Tensor u = at::empty({kWinogradPositions, count * in + kGap});
    float* to = u.data_ptr<float>();
    at::parallel_for(0, count / panel, 1, [&](int64_t begin, int64_t end) {
      std::vector<float> wide;
      for (int64_t i = begin; i < end; ++i) {
        const auto [taps, strides] = panel_of(first + i * panel, wide);
        transform_kernels(taps, strides, in, to + i * in * panel, count * in + kGap);
      }
    });
    return {in, count, u};
  }
};

/// As few blocks as keep all threads busy.
int64_t block_size(int64_t tiles) {
  const int64_t threads = at::get_num_threads(), rounds = (tiles + threads * kMostTiles - 1) / (threads * kMostTiles);
  const int64_t even = (tiles + threads * rounds - 1) / (threads * rounds);
  return (even + kTileStep - 1) / kTileStep * kTileStep;
}

struct Convolution {
  const Tiles& tiles;
  const float *x, *u, *bias, *zeros;
  float* y;  ///< its first channel that is computed
  int64_t in, out, y_channels;

  /// Numbers for run().
  static int64_t scratch(int64_t count, int64_t in, int64_t out) {
    return kWinogradPositions * (count * (in + out) + 2 * kGap);
  }

  /// `scratch`: v[position][tile][in], then m[position][tile][out], for `count` tiles; a gap after each position.
  void run(int64_t first, int64_t count, float* scratch) const {
    const int64_t v_stride = count * in + kGap, m_stride = count * out + kGap;
    float *v = scratch, *m = scratch + kWinogradPositions * v_stride;
    for (int64_t i = 0; i < count; ++i) transform_window_of(tiles, x, in, zeros, first + i, v + i * in, v_stride);
    const int64_t panel = winograd_panel();
    for (int64_t p = 0; p < kWinogradPositions; ++p) {
      for (int64_t o = 0; o < out; o += panel)
        multiply_panel(v + p * v_stride, in, count, in, u + p * (out * in + kGap) + o * in, /*adds=*/false, nullptr,
                       m + p * m_stride + o, out);
    }
    for (int64_t i = 0; i < count; ++i) {
      const TilePixels<float> of_tile(tiles, y, y_channels, first + i);
      float* pixels[4];
      for (int64_t p = 0; p < 4; ++p) pixels[p] = of_tile.at(p / 2, p % 2, nullptr);
      transform_outputs(m + i * out, m_stride, out, bias, pixels);
    }
  }
};

/// x convolved with transformed kernels, into channels `first` and following of y. `bias` is that of these channels.
void convolve(const Tensor& x, const TransformedKernels& kernels, const Tensor& bias, int64_t first, const Tensor& y) {
  const Tiles tiles(x);
  const int64_t in = kernels.in, out = kernels.out, size = block_size(tiles.count);
  const Tensor offsets = bias.defined() ? bias.contiguous() : at::zeros({out});
  const std::vector<float> zeros(static_cast<size_t>(in));
  const Convolution convolution{.tiles = tiles,
                                .x = x.data_ptr<float>(),
                                .u = kernels.u.data_ptr<float>(),
                                .bias = offsets.data_ptr<float>(),
                                .zeros = zeros.data(),
                                .y = y.data_ptr<float>() + first,
                                .in = in,
                                .out = out,
                                .y_channels = y.size(1)};
  const int64_t blocks = (tiles.count + size - 1) / size;
  const Tensor scratch =
      at::empty({std::min<int64_t>(blocks, at::get_num_threads()), Convolution::scratch(size, in, out)});
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    float* own = scratch.data_ptr<float>() + at::get_thread_num() * scratch.size(1);
    for (int64_t i = begin; i < end; ++i) convolution.run(i * size, std::min(size, tiles.count - i * size), own);
  });
}

Tensor result_of(const Tensor& x, int64_t channels) {
  return at::empty({x.size(0), channels, x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
}

/// Output channels that are computed at a time, as few times as kMostKernelNumbers allows.
int64_t outputs_at_once(int64_t in, int64_t out) {
  const int64_t times = (kWinogradPositions * in * out + kMostKernelNumbers - 1) / kMostKernelNumbers;
  const int64_t panel = winograd_panel(), even = (out + times - 1) / times;
  return (even + panel - 1) / panel * panel;
}

Tensor convolved(const Tensor& x, const Kernels& kernels, const Tensor& bias) {
  const int64_t out = kernels.out(), step = outputs_at_once(kernels.in(), out);
  const Tensor y = result_of(x, out);
  for (int64_t first = 0; first < out; first += step) {
    const int64_t count = std::min(step, out - first);
    convolve(x, kernels.transformed(first, count), bias.defined() ? bias.narrow(0, first, count) : bias, first, y);
  }
  return y;
}

/// What is added up for the kernels' gradient, a chunk of tiles after another.
struct KernelGradient {
  const Tiles& tiles;
  const float *x, *g, *zeros;
  int64_t in, out;
  // Of the chunk, [position][tile][in] and [position][tile][out], and the sum [position][out][in]; strides of
  // positions.
  float *v, *m, *u;
  int64_t v_stride, m_stride, u_stride;

  void transform(int64_t first, int64_t count) const {
    at::parallel_for(0, count, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        transform_window_of(tiles, x, in, zeros, first + i, v + i * in, v_stride);
        const TilePixels<const float> of_tile(tiles, g, out, first + i);
        const float* pixels[4];
        for (int64_t p = 0; p < 4; ++p) pixels[p] = of_tile.at(p / 2, p % 2, zeros);
        transform_output_gradients(pixels, out, m + i * out, m_stride);
      }
    });
  }

  void add_products(int64_t count) const {
    const int64_t panel = winograd_panel(), panels = in / panel;
    at::parallel_for(0, kWinogradPositions * panels, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t p = i / panels, channel = i % panels * panel;
        for (int64_t first = 0; first < count; first += kMostTiles) {
          add_products_panel(m + p * m_stride + first * out, out, v + p * v_stride + first * in + channel, in,
                             std::min(kMostTiles, count - first), u + p * u_stride + channel);
        }
      }
    });
  }
};

}  // namespace

int64_t kernel_transformations() {
  return transformations;
}

bool can_use_winograd(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding) {
  return x.scalar_type() == at::kFloat && is_readable(weight) && x.device().is_cpu() && x.dim() == 4 && x.numel() > 0 &&
         stride == 1 && padding == 1 && weight.size(2) == 3 && weight.size(3) == 3 &&
         weight.size(1) % winograd_lanes() == 0 && weight.size(0) % winograd_panel() == 0 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

bool has_winograd_gradients(const Tensor& weight) {
  return weight.size(0) % winograd_panel() == 0 && weight.size(1) % winograd_panel() == 0;
}

Tensor winograd_conv(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return convolved(x, {weight, /*backwards=*/false}, bias);
}

Tensor winograd_input_gradient(const Tensor& g, const Tensor& weight) {
  return convolved(g, {weight, /*backwards=*/true}, {});
}

Tensor winograd_weight_gradient(const Tensor& x, const Tensor& g) {
  const Tiles tiles(x);
  const int64_t in = x.size(1), out = g.size(1);
  const int64_t fitting = kChunkNumbers / (kWinogradPositions * (in + out)) / kMostTiles * kMostTiles;
  const int64_t chunk = std::min(std::max(kMostTiles, fitting), tiles.count);
  const Tensor v = at::empty({kWinogradPositions, chunk * in + kGap}),
               m = at::empty({kWinogradPositions, chunk * out + kGap}),
               u = at::zeros({kWinogradPositions, out * in + kGap});
  const std::vector<float> zeros(static_cast<size_t>(std::max(in, out)));
  const KernelGradient sum{.tiles = tiles,
                           .x = x.data_ptr<float>(),
                           .g = g.data_ptr<float>(),
                           .zeros = zeros.data(),
                           .in = in,
                           .out = out,
                           .v = v.data_ptr<float>(),
                           .m = m.data_ptr<float>(),
                           .u = u.data_ptr<float>(),
                           .v_stride = v.size(1),
                           .m_stride = m.size(1),
                           .u_stride = u.size(1)};
  for (int64_t first = 0; first < tiles.count; first += chunk) {
    const int64_t count = std::min(chunk, tiles.count - first);
    sum.transform(first, count);
    sum.add_products(count);
  }
  const Tensor gradient = at::empty({out, in, 3, 3}, x.options(), at::MemoryFormat::ChannelsLast);
  float* taps = gradient.data_ptr<float>();
  at::parallel_for(0, out, 8, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o)
      transform_kernel_gradients(sum.u + o * in, sum.u_stride, in, taps + o * 9 * in, in);
  });
  return gradient;
}

}  // namespace darkroom::layers
