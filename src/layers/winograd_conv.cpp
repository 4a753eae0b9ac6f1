#include "layers/winograd_conv.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "layers/kernels/winograd_kernel.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kLeastPixels = 256;  // below, transforming the kernels takes longer than is saved
constexpr int64_t kMostTiles = 96;     // of a block: each brings the kernels from memory once
constexpr int64_t kTileStep = 6;       // rows that are multiplied together

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

  /// The pixel at (dy, dx) from the upper left output of a tile, or null beyond the picture.
  template <typename Float>
  Float* pixel(Float* pictures, int64_t channels, int64_t tile, int64_t dy, int64_t dx) const {
    const int64_t picture = tile / (down * across), place = tile % (down * across);
    const int64_t y = place / across * 2 + dy, x = place % across * 2 + dx;
    if (y < 0 || y >= height || x < 0 || x >= width) return nullptr;
    return pictures + ((picture * height + y) * width + x) * channels;
  }
};

/// Kernels as u[position][panel of output channels][in][panel].
Tensor transformed_kernels(const Tensor& weight) {
  const int64_t out = weight.size(0), in = weight.size(1), panel = winograd_panel();
  const Tensor u = at::empty({kWinogradPositions, out / panel, in, panel}), kernels = weight.contiguous();
  const float* from = kernels.data_ptr<float>();
  float* to = u.data_ptr<float>();
  at::parallel_for(0, out / panel, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) transform_kernels(from, in, i * panel, to + i * in * panel, out * in);
  });
  return u;
}

/// As few blocks as keep all threads busy.
int64_t block_size(int64_t tiles) {
  const int64_t threads = at::get_num_threads(), rounds = (tiles + threads * kMostTiles - 1) / (threads * kMostTiles);
  const int64_t even = (tiles + threads * rounds - 1) / (threads * rounds);
  return (even + kTileStep - 1) / kTileStep * kTileStep;
}

struct Convolution {
  const Tiles& tiles;
  const float *x, *u, *bias, *zeros;
  float* y;
  int64_t in, out;

  /// `scratch`: v[position][tile][in], then m[position][tile][out], for `count` tiles.
  void run(int64_t first, int64_t count, float* scratch) const {
    float *v = scratch, *m = scratch + kWinogradPositions * count * in;
    for (int64_t i = 0; i < count; ++i) {
      const float* pixels[kWinogradPositions];
      for (int64_t p = 0; p < kWinogradPositions; ++p) {
        pixels[p] = tiles.pixel(x, in, first + i, p / 4 - 1, p % 4 - 1);
        if (!pixels[p]) pixels[p] = zeros;
      }
      transform_window(pixels, in, v + i * in, count * in);
    }
    const int64_t panel = winograd_panel();
    for (int64_t p = 0; p < kWinogradPositions; ++p) {
      for (int64_t o = 0; o < out; o += panel)
        multiply_panel(v + p * count * in, in, count, in, u + (p * out + o) * in, m + p * count * out + o, out);
    }
    for (int64_t i = 0; i < count; ++i) {
      float* pixels[4];
      for (int64_t p = 0; p < 4; ++p) pixels[p] = tiles.pixel(y, out, first + i, p / 2, p % 2);
      transform_outputs(m + i * out, count * out, out, bias, pixels);
    }
  }
};

}  // namespace

bool can_use_winograd(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding) {
  return x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat && x.device().is_cpu() && x.dim() == 4 &&
         stride == 1 && padding == 1 && weight.size(2) == 3 && weight.size(3) == 3 &&
         x.size(0) * x.size(2) * x.size(3) >= kLeastPixels && weight.size(1) % winograd_lanes() == 0 &&
         weight.size(0) % winograd_panel() == 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor winograd_conv(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tiles tiles(x);
  const int64_t in = weight.size(1), out = weight.size(0), size = block_size(tiles.count);
  const Tensor y = at::empty({x.size(0), out, x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
  const Tensor u = transformed_kernels(weight), offsets = bias.defined() ? bias.contiguous() : at::zeros({out});
  const std::vector<float> zeros(static_cast<size_t>(in));
  const Convolution convolution{
      tiles, x.data_ptr<float>(), u.data_ptr<float>(), offsets.data_ptr<float>(), zeros.data(), y.data_ptr<float>(), in,
      out};
  const int64_t blocks = (tiles.count + size - 1) / size;
  const Tensor scratch =
      at::empty({std::min<int64_t>(blocks, at::get_num_threads()), kWinogradPositions * size * (in + out)});
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    float* own = scratch.data_ptr<float>() + at::get_thread_num() * scratch.size(1);
    for (int64_t i = begin; i < end; ++i) convolution.run(i * size, std::min(size, tiles.count - i * size), own);
  });
  return y;
}

}  // namespace darkroom::layers
