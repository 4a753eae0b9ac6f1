#include "imaging/blur.h"

#include <algorithm>
#include <cmath>

namespace darkroom::imaging {
namespace {

/// The picture with its axes exchanged.
Image transposed(const Image& image) {
  Image out(image.height, image.width, image.channels);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) std::copy_n(image.pixel(x, y), image.channels, out.pixel(y, x));
  return out;
}

/// Weights in 1/256; their sum is 256. What one loses by rounding is added to the next, from the rim to the middle.
std::vector<int> gaussian_kernel(int sigma) {
  const int half = int(2.5 * sigma + 0.5);
  std::vector<double> weights(half + 1);  // from the rim to the middle
  double sum = 0;
  for (int i = 0; i <= half; ++i) {
    const double x = 2.0 * (half - i);
    weights[i] = std::exp(x * x * (-0.125 / (double(sigma) * sigma)));
    if (i < half) sum += weights[i];
  }
  sum = sum * 2 + 1;
  std::vector<int> kernel(2 * half + 1);
  double error = 0;
  int middle = 256;
  for (int i = 0; i < half; ++i) {
    const double exact = weights[i] * (1 / sum) * 256 + error;
    const int rounded = int(std::nearbyint(exact));
    error = exact - rounded;
    kernel[i] = kernel[kernel.size() - 1 - i] = rounded;
    middle -= 2 * rounded;
  }
  kernel[half] = middle;
  return kernel;
}

/// 3 2 1 | 0 1 2 3 | 2 1 0 ...
int mirrored(int place, int size) {
  if (size == 1) return 0;
  const int period = 2 * (size - 1);
  place = ((place % period) + period) % period;
  return std::min(place, period - place);
}

Image gaussian_blurred_along_x(const Image& image, int sigma) {
  if (sigma == 0) return image;
  const std::vector<int> kernel = gaussian_kernel(sigma);
  const int half = int(kernel.size() / 2);
  std::vector<int> places;
  for (int x = -half; x < image.width + half; ++x) places.push_back(mirrored(x, image.width));
  Image out(image.width, image.height, 1);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      int sum = 128;
      for (size_t k = 0; k < kernel.size(); ++k) sum += *image.pixel(places[x + k], y) * kernel[k];
      *out.pixel(x, y) = uint8_t(sum >> 8);
    }
  }
  return out;
}

/// Half the width of the box that three times over has the Gaussian's variance (Gwosdek et al. 2011, equations 7, 11,
/// 14).
float box_radius(float radius) {
  const float variance = radius * radius / 3;
  const float length = float(std::sqrt(12.0 * variance + 1.0));
  const float whole = float(std::floor((length - 1.0) / 2.0));
  float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  part /= 6 * (variance - (whole + 1) * (whole + 1));
  return whole + part;
}

/// One line of every channel, `count` pixels `step` bytes apart.
void box_blur_line(const uint8_t* in, uint8_t* out, int count, int step, float radius) {
  const int whole = int(radius);
  const uint32_t weight = uint32_t(float(1 << 24) / (radius * 2 + 1));
  const uint32_t rim = ((1u << 24) - uint32_t(whole * 2 + 1) * weight) / 2;
  const auto at = [&](int place) -> uint32_t { return in[std::clamp(place, 0, count - 1) * step]; };
  uint32_t sum = 0;
  for (int k = -whole - 1; k < whole; ++k) sum += at(k);
  for (int x = 0; x < count; ++x) {
    sum += at(x + whole) - at(x - whole - 1);
    out[x * step] = uint8_t((sum * weight + (at(x - whole - 1) + at(x + whole + 1)) * rim + (1u << 23)) >> 24);
  }
}

Image box_blurred_along_x(const Image& image, float radius) {
  Image from = image, to = image;
  for (int time = 0; time < 3; ++time) {
    for (int y = 0; y < image.height; ++y)
      for (int c = 0; c < image.channels; ++c)
        box_blur_line(from.pixel(0, y) + c, to.pixel(0, y) + c, image.width, image.channels, radius);
    std::swap(from, to);
  }
  return from;
}

}  // namespace

Image gaussian_blurred(const Image& image, int sigma_x, int sigma_y) {
  const Image along_x = gaussian_blurred_along_x(image, sigma_x);
  return sigma_y == 0 ? along_x : transposed(gaussian_blurred_along_x(transposed(along_x), sigma_y));
}

Image box_blurred(const Image& image, float radius) {
  if (radius == 0) return image;
  const float box = box_radius(radius);
  return transposed(box_blurred_along_x(transposed(box_blurred_along_x(image, box)), box));
}

}  // namespace darkroom::imaging
