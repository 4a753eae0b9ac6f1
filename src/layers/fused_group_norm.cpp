#include "layers/fused_group_norm.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

#include "layers/kernels/group_norm_kernel.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kTilePixels = 256;  // the unit in which threads share the work; sums do not depend on the threads
constexpr int64_t kLooks = 8;         // pixels from which a group's mean is guessed

/// A guess of each channel's group's mean: sums of squares around it lose no digits.
std::vector<float> guessed_means(const float* x, int64_t pixels, int64_t channels, int64_t groups) {
  const int64_t width = channels / groups, looks = std::min(kLooks, pixels);
  std::vector<float> means(static_cast<size_t>(channels));
  for (int64_t group = 0; group < groups; ++group) {
    double sum = 0;
    for (int64_t look = 0; look < looks; ++look) {
      const float* pixel = x + (2 * look + 1) * pixels / (2 * looks) * channels + group * width;
      for (int64_t c = 0; c < width; ++c) sum += pixel[c];
    }
    std::fill_n(means.begin() + group * width, width, float(sum / double(looks * width)));
  }
  return means;
}

/// Of one picture: what every channel is multiplied with and what is added.
struct Scaling {
  std::vector<float> factor, offset;
};

Scaling scaling_of(const std::vector<float>& guessed, const double* sums, int64_t tiles, int64_t pixels,
                   int64_t channels, int64_t groups, const float* weight, const float* bias, double eps) {
  const int64_t width = channels / groups;
  const double count = double(pixels * width);
  Scaling scaling{std::vector<float>(size_t(channels)), std::vector<float>(size_t(channels))};
  for (int64_t group = 0; group < groups; ++group) {
    double sum = 0, squares = 0;
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const double* of_tile = sums + tile * 2 * channels + group * width;
      for (int64_t c = 0; c < width; ++c) sum += of_tile[c], squares += of_tile[channels + c];
    }
    const double from_guess = sum / count, variance = std::max(0.0, squares / count - from_guess * from_guess);
    const double mean = double(guessed[size_t(group * width)]) + from_guess, scale = 1 / std::sqrt(variance + eps);
    for (int64_t c = group * width; c < (group + 1) * width; ++c) {
      scaling.factor[size_t(c)] = float(scale * weight[c]);
      scaling.offset[size_t(c)] = float(bias[c] - mean * scale * weight[c]);
    }
  }
  return scaling;
}

}  // namespace

bool can_fuse_group_norm(const Tensor& x, const Tensor& weight) {
  return x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat && x.device().is_cpu() && x.dim() == 4 &&
         x.numel() > 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor fused_group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                        bool silu) {
  const int64_t pictures = x.size(0), channels = x.size(1), pixels = x.size(2) * x.size(3);
  const int64_t tiles = (pixels + kTilePixels - 1) / kTilePixels;
  const Tensor y = at::empty_like(x);
  const Tensor weights = weight.contiguous(), biases = bias.contiguous();
  const float* from = x.data_ptr<float>();
  float* to = y.data_ptr<float>();
  std::vector<std::vector<float>> guessed;
  for (int64_t i = 0; i < pictures; ++i)
    guessed.push_back(guessed_means(from + i * pixels * channels, pixels, channels, groups));
  const auto for_each_tile = [&](const auto& work) {
    at::parallel_for(0, pictures * tiles, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t picture = i / tiles, first = i % tiles * kTilePixels;
        work(i, picture, (picture * pixels + first) * channels, std::min(kTilePixels, pixels - first));
      }
    });
  };
  std::vector<double> sums(
      static_cast<size_t>(pictures * tiles * 2 * channels));  // per tile: sums, then squares, of all channels
  for_each_tile([&](int64_t tile, int64_t picture, int64_t place, int64_t count) {
    double* of_tile = sums.data() + tile * 2 * channels;
    add_channel_sums(from + place, count, channels, guessed[size_t(picture)].data(), of_tile, of_tile + channels);
  });
  std::vector<Scaling> scalings;
  for (int64_t i = 0; i < pictures; ++i)
    scalings.push_back(scaling_of(guessed[size_t(i)], sums.data() + i * tiles * 2 * channels, tiles, pixels, channels,
                                  groups, weights.data_ptr<float>(), biases.data_ptr<float>(), eps));
  for_each_tile([&](int64_t, int64_t picture, int64_t place, int64_t count) {
    const Scaling& scaling = scalings[size_t(picture)];
    scale_channels(from + place, to + place, count, channels, scaling.factor.data(), scaling.offset.data(), silu);
  });
  return y;
}

}  // namespace darkroom::layers
