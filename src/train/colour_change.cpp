#include "train/colour_change.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "train/random.h"

namespace darkroom::train {
namespace {

constexpr double kShareChanged = 0.33;
constexpr double kMostDegrees = 16;
constexpr double kLeastPower = 0.95, kMostPower = 1.05;

/// Keeps lightest and darkest channel and turns what is between: HSV with another hue.
std::array<double, 3> turned(const uint8_t* pixel, double sixths) {
  const double r = pixel[0], g = pixel[1], b = pixel[2];
  const double most = std::max({r, g, b}), spread = most - std::min({r, g, b});
  if (spread == 0) return {r, g, b};
  double hue = most == r ? (g - b) / spread : most == g ? 2 + (b - r) / spread : 4 + (r - g) / spread;
  hue += sixths;
  const auto channel = [&](double n) {
    const double k = std::fmod(n + hue + 12, 6.0);
    return most - spread * std::clamp(std::min(k, 4 - k), 0.0, 1.0);
  };
  return {channel(5), channel(3), channel(1)};
}

uint8_t byte_of(double value) {
  return uint8_t(std::clamp(std::lround(value), 0L, 255L));
}

}  // namespace

Image colour_changed(const Image& image, at::Generator& generator) {
  if (random_unit(generator) >= kShareChanged) return image;
  Image changed = image;
  if (random_unit(generator) < 0.5) {
    const double sixths = (2 * random_unit(generator) - 1) * kMostDegrees / 60;
    for (size_t i = 0; i < changed.pixels.size(); i += 3) {
      const std::array<double, 3> colour = turned(&image.pixels[i], sixths);
      for (size_t c = 0; c < 3; ++c) changed.pixels[i + c] = byte_of(colour[c]);
    }
  } else {
    const double power = kLeastPower + random_unit(generator) * (kMostPower - kLeastPower);
    for (uint8_t& value : changed.pixels) value = byte_of(255 * std::pow(value / 255.0, power));
  }
  return changed;
}

}  // namespace darkroom::train
