#include "layers/fused_group_norm.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "layers/bf16_kernels.h"
#include "layers/kernels/group_norm_kernel.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kLooks = 8;  // pixels from which a group's mean is guessed

// The same for numbers of both types; those of bf16 are the upper halves of fp32 ones.
double widened(float x) {
  return x;
}
double widened(std::uint16_t x) {
  return std::bit_cast<float>(std::uint32_t(x) << 16);
}
void add_sums(const float* x, int64_t pixels, int64_t channels, const float* shift, double* sums, double* squares) {
  add_channel_sums(x, pixels, channels, shift, sums, squares);
}
void add_sums(const std::uint16_t* x, int64_t pixels, int64_t channels, const float* shift, double* sums,
              double* squares) {
  add_bf16_channel_sums(x, pixels, channels, shift, sums, squares);
}
void scale(const float* x, float* y, int64_t pixels, int64_t channels, const ChannelScaling& by, bool silu) {
  scale_channels(x, y, pixels, channels, by.factor.data(), by.offset.data(), silu);
}
void scale(const std::uint16_t* x, std::uint16_t* y, int64_t pixels, int64_t channels, const ChannelScaling& by,
           bool silu) {
  scale_bf16_channels(x, y, pixels, channels, by.factor.data(), by.offset.data(), silu);
}

/// use(pointer to the numbers of x), in their type.
template <typename Use>
auto with_numbers(const Tensor& x, const Use& use) {
  return x.scalar_type() == at::kBFloat16 ? use(reinterpret_cast<std::uint16_t*>(x.data_ptr<at::BFloat16>()))
                                          : use(x.data_ptr<float>());
}

/// A guess of each channel's group's mean: sums of squares around it lose no digits. `pixel(i)` points to the channels
/// of pixel i of the picture.
template <typename Pixel>
std::vector<float> guessed_means(const Pixel& pixel, int64_t pixels, int64_t channels, int64_t groups) {
  const int64_t width = channels / groups, looks = std::min(kLooks, pixels);
  std::vector<float> means(static_cast<size_t>(channels));
  for (int64_t group = 0; group < groups; ++group) {
    double sum = 0;
    for (int64_t look = 0; look < looks; ++look) {
      const auto* values = pixel((2 * look + 1) * pixels / (2 * looks)) + group * width;
      for (int64_t c = 0; c < width; ++c) sum += widened(values[c]);
    }
    std::fill_n(means.begin() + group * width, width, float(sum / double(looks * width)));
  }
  return means;
}

/// Mean and 1 / sqrt(variance + eps) of each group of a picture; `sums_of(tile)` points to the sums of its channels
/// around the guess, and behind them to those of squares.
template <typename SumsOf>
void write_statistics(const std::vector<float>& guessed, const SumsOf& sums_of, int64_t tiles, int64_t pixels,
                      int64_t groups, double eps, double* to) {
  const int64_t channels = int64_t(guessed.size()), width = channels / groups;
  const double count = double(pixels * width);
  for (int64_t group = 0; group < groups; ++group, to += 2) {
    double sum = 0, squares = 0;
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const double* of_tile = sums_of(tile) + group * width;
      for (int64_t c = 0; c < width; ++c) sum += of_tile[c], squares += of_tile[channels + c];
    }
    const double from_guess = sum / count, variance = std::max(0.0, squares / count - from_guess * from_guess);
    to[0] = double(guessed[size_t(group * width)]) + from_guess;
    to[1] = 1 / std::sqrt(variance + eps);
  }
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
struct Scaling : ChannelScaling {
  std::vector<float> normal_factor, normal_offset;

  Scaling(const double* statistics, int64_t channels, int64_t groups, const float* weight, const float* bias)
      : normal_factor(size_t(channels)), normal_offset(normal_factor) {
    factor.resize(size_t(channels)), offset.resize(size_t(channels));
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
  const Tensor weights = weight.to(at::kFloat).contiguous(), biases = bias.to(at::kFloat).contiguous();
  const int64_t groups = statistics.size(1);
  std::vector<Scaling> scalings;
  for (int64_t i = 0; i < tiles.pictures; ++i)
    scalings.emplace_back(statistics.data_ptr<double>() + i * groups * 2, tiles.channels, groups,
                          weights.data_ptr<float>(), biases.data_ptr<float>());
  return scalings;
}

}  // namespace

bool can_fuse_group_norm(const Tensor& x, const Tensor& weight) {
  const at::ScalarType type = x.scalar_type();
  return (type == at::kFloat || (type == at::kBFloat16 && has_bf16_kernels() && !at::GradMode::is_enabled())) &&
         weight.scalar_type() == type && x.device().is_cpu() && x.dim() == 4 && x.numel() > 0 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor group_statistics(const Tensor& x, int64_t groups, double eps) {
  const PixelTiles tiles(x);
  const int64_t channels = tiles.channels;
  const Tensor statistics = at::empty({tiles.pictures, groups, 2}, at::kDouble);
  with_numbers(x, [&](const auto* from) {
    std::vector<std::vector<float>> guessed;
    for (int64_t i = 0; i < tiles.pictures; ++i)
      guessed.push_back(guessed_means([&](int64_t pixel) { return from + (i * tiles.pixels + pixel) * channels; },
                                      tiles.pixels, channels, groups));
    TileSums sums(tiles);
    tiles.for_each([&](int64_t tile, int64_t picture, int64_t place, int64_t count) {
      add_sums(from + place, count, channels, guessed[size_t(picture)].data(), sums.first(tile), sums.second(tile));
    });
    for (int64_t i = 0; i < tiles.pictures; ++i)
      write_statistics(
          guessed[size_t(i)], [&](int64_t tile) { return sums.first(i * tiles.per_picture + tile); }, tiles.per_picture,
          tiles.pixels, groups, eps, statistics.data_ptr<double>() + i * groups * 2);
  });
  return statistics;
}

Tensor scaled_groups(const Tensor& x, const Tensor& statistics, const Tensor& weight, const Tensor& bias, bool silu) {
  const PixelTiles tiles(x);
  const Tensor y = at::empty_like(x);
  const std::vector<Scaling> scalings = scalings_of(tiles, statistics, weight, bias);
  with_numbers(x, [&](const auto* from) {
    auto* to = reinterpret_cast<std::remove_const_t<std::remove_reference_t<decltype(*from)>>*>(y.data_ptr());
    tiles.for_each([&](int64_t, int64_t picture, int64_t place, int64_t count) {
      scale(from + place, to + place, count, tiles.channels, scalings[size_t(picture)], silu);
    });
  });
  return y;
}

Tensor fused_group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                        bool silu) {
  return scaled_groups(x, group_statistics(x, groups, eps), weight, bias, silu);
}

namespace {

/// channel_scaling() of strips whose numbers lie at `data`.
template <typename Number>
ChannelScaling scaling_of(const std::vector<Tensor>& strips, const std::vector<const Number*>& data, int64_t groups,
                          const Tensor& weight, const Tensor& bias, double eps) {
  struct Tile {
    const Number* data;
    int64_t pixels;
  };
  const int64_t channels = strips[0].size(1);
  std::vector<Tile> tiles;
  std::vector<int64_t> begins;  // of the strips, in pixels
  int64_t pixels = 0;
  for (size_t i = 0; i < strips.size(); ++i) {
    const int64_t count = strips[i].size(2) * strips[i].size(3);
    for (int64_t first = 0; first < count; first += kTilePixels)
      tiles.push_back({data[i] + first * channels, std::min(kTilePixels, count - first)});
    begins.push_back(pixels);
    pixels += count;
  }
  const auto pixel = [&](int64_t at) {
    const size_t strip = size_t(std::upper_bound(begins.begin(), begins.end(), at) - begins.begin()) - 1;
    return data[strip] + (at - begins[strip]) * channels;
  };
  const std::vector<float> guessed = guessed_means(pixel, pixels, channels, groups);
  std::vector<double> sums(tiles.size() * size_t(2 * channels)), statistics(static_cast<size_t>(2 * groups));
  const auto sums_of = [&](int64_t tile) { return sums.data() + tile * 2 * channels; };
  at::parallel_for(0, int64_t(tiles.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      add_sums(tiles[size_t(i)].data, tiles[size_t(i)].pixels, channels, guessed.data(), sums_of(i),
               sums_of(i) + channels);
  });
  write_statistics(guessed, sums_of, int64_t(tiles.size()), pixels, groups, eps, statistics.data());
  const Tensor weights = weight.to(at::kFloat).contiguous(), biases = bias.to(at::kFloat).contiguous();
  Scaling scaling(statistics.data(), channels, groups, weights.data_ptr<float>(), biases.data_ptr<float>());
  return {std::move(scaling.factor), std::move(scaling.offset)};
}

}  // namespace

ChannelScaling channel_scaling(const std::vector<Tensor>& strips, int64_t groups, const Tensor& weight,
                               const Tensor& bias, double eps) {
  for (const Tensor& strip : strips)
    TORCH_CHECK(strip.size(0) == 1 && can_fuse_group_norm(strip, weight), "channel_scaling: strips of one picture");
  return with_numbers(strips[0], [&](const auto* first) {
    std::vector<decltype(first)> data;
    for (const Tensor& strip : strips) data.push_back(static_cast<decltype(first)>(strip.data_ptr()));
    return scaling_of(strips, data, groups, weight, bias, eps);
  });
}

void scale_rows(const Tensor& x, const ChannelScaling& scaling, bool silu, const Tensor& y) {
  const int64_t channels = x.size(1), pixels = x.size(2) * x.size(3);
  with_numbers(x, [&](auto* from) {
    auto* to = static_cast<decltype(from)>(y.data_ptr());
    at::parallel_for(0, pixels, kTilePixels, [&](int64_t begin, int64_t end) {
      scale(from + begin * channels, to + begin * channels, end - begin, channels, scaling, silu);
    });
  });
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
