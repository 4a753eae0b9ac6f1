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

/// Work in units of at most kTilePixels pixels of one picture.
struct PixelTiles {
  int64_t pictures, channels, pixels, per_picture, count;

  explicit PixelTiles(const Tensor& x)
      : pictures(x.size(0)),
        channels(x.size(1)),
        pixels(x.size(2) * x.size(3)),
        per_picture((pixels + kTilePixels - 1) / kTilePixels),
        count(pictures * per_picture) {}

  /// work(tile, picture, its first number, its pixels) for all tiles, on all threads.
  template <typename Work>
  void for_each(const Work& work) const {
    at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t picture = i / per_picture, first = i % per_picture * kTilePixels;
        work(i, picture, (picture * pixels + first) * channels, std::min(kTilePixels, pixels - first));
      }
    });
  }
};

/// Sums of two kinds per tile and channel; the order in which tiles are added up does not depend on the threads.
class TileSums {
 public:
  explicit TileSums(const PixelTiles& tiles)
      : tiles_(tiles), sums_(static_cast<size_t>(tiles.count * 2 * tiles.channels)) {}
  double* first(int64_t tile) { return sums_.data() + tile * 2 * tiles_.channels; }
  double* second(int64_t tile) { return first(tile) + tiles_.channels; }

  /// All tiles of a picture are added to its first tile.
  void join() {
    for (int64_t i = 0; i < tiles_.count; ++i) {
      const int64_t into = i / tiles_.per_picture * tiles_.per_picture;
      if (i == into) continue;
      for (int64_t c = 0; c < 2 * tiles_.channels; ++c) first(into)[c] += first(i)[c];
    }
  }
  const double* first_of_picture(int64_t picture) { return first(picture * tiles_.per_picture); }
  const double* second_of_picture(int64_t picture) { return second(picture * tiles_.per_picture); }

 private:
  const PixelTiles& tiles_;
  std::vector<double> sums_;
};

/// Of one picture, per channel: what is multiplied and what is added to become normal, and with weight and bias.
struct Scaling {
  std::vector<float> normal_factor, normal_offset, factor, offset;

  Scaling(const double* statistics, int64_t channels, int64_t groups, const float* weight, const float* bias)
      : normal_factor(size_t(channels)), normal_offset(normal_factor), factor(normal_factor), offset(normal_factor) {
    for (int64_t c = 0; c < channels; ++c) {
      const double* of_group = statistics + c / (channels / groups) * 2;
      const double mean = of_group[0], scale = of_group[1];
      normal_factor[size_t(c)] = float(scale);
      normal_offset[size_t(c)] = float(-mean * scale);
      factor[size_t(c)] = float(scale * weight[c]);
      offset[size_t(c)] = float(bias[c] - mean * scale * weight[c]);
    }
  }
};

std::vector<Scaling> scalings_of(const PixelTiles& tiles, const Tensor& statistics, const Tensor& weight,
                                 const Tensor& bias) {
  const Tensor weights = weight.contiguous(), biases = bias.contiguous();
  const int64_t groups = statistics.size(1);
  std::vector<Scaling> scalings;
  for (int64_t i = 0; i < tiles.pictures; ++i)
    scalings.emplace_back(statistics.data_ptr<double>() + i * groups * 2, tiles.channels, groups,
                          weights.data_ptr<float>(), biases.data_ptr<float>());
  return scalings;
}

}  // namespace

bool can_fuse_group_norm(const Tensor& x, const Tensor& weight) {
  return x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat && x.device().is_cpu() && x.dim() == 4 &&
         x.numel() > 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor group_statistics(const Tensor& x, int64_t groups, double eps) {
  const PixelTiles tiles(x);
  const int64_t channels = tiles.channels, width = channels / groups;
  const float* from = x.data_ptr<float>();
  std::vector<std::vector<float>> guessed;
  for (int64_t i = 0; i < tiles.pictures; ++i)
    guessed.push_back(guessed_means(from + i * tiles.pixels * channels, tiles.pixels, channels, groups));
  TileSums sums(tiles);
  tiles.for_each([&](int64_t tile, int64_t picture, int64_t place, int64_t count) {
    add_channel_sums(from + place, count, channels, guessed[size_t(picture)].data(), sums.first(tile),
                     sums.second(tile));
  });
  const Tensor statistics = at::empty({tiles.pictures, groups, 2}, at::kDouble);
  double* to = statistics.data_ptr<double>();
  const double count = double(tiles.pixels * width);
  for (int64_t i = 0; i < tiles.pictures; ++i) {
    for (int64_t group = 0; group < groups; ++group, to += 2) {
      double sum = 0, squares = 0;
      for (int64_t tile = i * tiles.per_picture; tile < (i + 1) * tiles.per_picture; ++tile) {
        for (int64_t c = group * width; c < (group + 1) * width; ++c)
          sum += sums.first(tile)[c], squares += sums.second(tile)[c];
      }
      const double from_guess = sum / count, variance = std::max(0.0, squares / count - from_guess * from_guess);
      to[0] = double(guessed[size_t(i)][size_t(group * width)]) + from_guess;
      to[1] = 1 / std::sqrt(variance + eps);
    }
  }
  return statistics;
}

Tensor scaled_groups(const Tensor& x, const Tensor& statistics, const Tensor& weight, const Tensor& bias, bool silu) {
  const PixelTiles tiles(x);
  const Tensor y = at::empty_like(x);
  const float* from = x.data_ptr<float>();
  float* to = y.data_ptr<float>();
  const std::vector<Scaling> scalings = scalings_of(tiles, statistics, weight, bias);
  tiles.for_each([&](int64_t, int64_t picture, int64_t place, int64_t count) {
    const Scaling& scaling = scalings[size_t(picture)];
    scale_channels(from + place, to + place, count, tiles.channels, scaling.factor.data(), scaling.offset.data(), silu);
  });
  return y;
}

Tensor fused_group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                        bool silu) {
  return scaled_groups(x, group_statistics(x, groups, eps), weight, bias, silu);
}

GroupNormGradients fused_group_norm_gradients(const Tensor& g, const Tensor& x, const Tensor& statistics,
                                              const Tensor& weight, const Tensor& bias, bool silu) {
  const PixelTiles tiles(x);
  const int64_t channels = tiles.channels, groups = statistics.size(1), width = channels / groups;
  GroupNormGradients gradients{at::empty_like(x), at::empty({channels}), at::empty({channels})};
  const float *from = x.data_ptr<float>(), *above = g.data_ptr<float>();
  float* to = gradients.x.data_ptr<float>();
  const std::vector<Scaling> scalings = scalings_of(tiles, statistics, weight, bias);
  TileSums sums(tiles);
  tiles.for_each([&](int64_t tile, int64_t picture, int64_t place, int64_t count) {
    const Scaling& s = scalings[size_t(picture)];
    scaled_gradients({.x = from + place,
                      .g = above + place,
                      .normal_factor = s.normal_factor.data(),
                      .normal_offset = s.normal_offset.data(),
                      .factor = s.factor.data(),
                      .offset = s.offset.data(),
                      .silu = silu},
                     count, channels, to + place, sums.first(tile), sums.second(tile));
  });
  sums.join();
  for (int64_t c = 0; c < channels; ++c) {
    double of_bias = 0, of_weight = 0;
    for (int64_t i = 0; i < tiles.pictures; ++i)
      of_bias += sums.first_of_picture(i)[c], of_weight += sums.second_of_picture(i)[c];
    gradients.bias.data_ptr<float>()[c] = float(of_bias);
    gradients.weight.data_ptr<float>()[c] = float(of_weight);
  }
  // dx = scale (w d - mean(w d) - n mean(w d n)), n the normal value: w scale d + slope x + shift.
  const Tensor weights = weight.contiguous();
  const float* w = weights.data_ptr<float>();
  const double numbers = double(tiles.pixels * width);
  std::vector<float> slope(size_t(tiles.pictures * channels)), shift(slope);
  for (int64_t i = 0; i < tiles.pictures * groups; ++i) {
    const int64_t picture = i / groups, first = i % groups * width;
    const double mean = statistics.data_ptr<double>()[2 * i], scale = statistics.data_ptr<double>()[2 * i + 1];
    double plain = 0, along = 0;
    for (int64_t c = first; c < first + width; ++c) {
      plain += w[c] * sums.first_of_picture(picture)[c];
      along += w[c] * sums.second_of_picture(picture)[c];
    }
    const double by_x = -scale * scale * along / numbers;
    std::fill_n(slope.begin() + picture * channels + first, width, float(by_x));
    std::fill_n(shift.begin() + picture * channels + first, width, float(-scale * plain / numbers - mean * by_x));
  }
  tiles.for_each([&](int64_t, int64_t picture, int64_t place, int64_t count) {
    add_scaled(to + place, from + place, count, channels, scalings[size_t(picture)].factor.data(),
               slope.data() + picture * channels, shift.data() + picture * channels);
  });
  return gradients;
}

}  // namespace darkroom::layers
