#include "imaging/resize.h"

#include <algorithm>
#include <cmath>

#include "imaging/compose.h"

namespace darkroom::imaging {
namespace {

constexpr int kBits = 32 - 8 - 2;  // of a weight's fraction: the sum of 8-bit values times weights below 4 fits an int

double bilinear(double x) {
  return std::max(0.0, 1 - std::abs(x));
}

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double sinc(double x) {
  if (x == 0) return 1;
  x *= M_PI;
  return std::sin(x) / x;
}

double lanczos(double x) {
  return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

struct Filter {
  double (*weight)(double);
  double support;
};

Filter filter_of(Resample filter) {
  if (filter == Resample::bilinear) return {bilinear, 1};
  if (filter == Resample::bicubic) return {bicubic, 2};
  return {lanczos, 3};
}

/// What one output pixel is made of: weights[k] of the input pixel first + k.
struct Taps {
  int first = 0;
  std::vector<int> weights;
};

/// Along one axis: `from` to `to` of `size` pixels become `count`.
std::vector<Taps> taps_of(const Filter& filter, int size, double from, double to, int count) {
  const double scale = (to - from) / count;
  const double widening = std::max(scale, 1.0);
  const double support = filter.support * widening;
  std::vector<Taps> all;
  for (int i = 0; i < count; ++i) {
    const double center = from + (i + 0.5) * scale;
    Taps taps;
    taps.first = std::max(0, int(center - support + 0.5));
    const int end = std::min(size, int(center + support + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int k = taps.first; k < end; ++k) {
      weights.push_back(filter.weight((k - center + 0.5) * (1 / widening)));
      sum += weights.back();
    }
    for (double weight : weights) {
      if (sum != 0) weight /= sum;
      taps.weights.push_back(int((weight < 0 ? -0.5 : 0.5) + weight * (1 << kBits)));
    }
    all.push_back(std::move(taps));
  }
  return all;
}

uint8_t rounded(int sum) {
  return uint8_t(std::clamp(sum >> kBits, 0, 255));
}

Image of_columns(const Image& image, const std::vector<Taps>& columns) {
  Image out(int(columns.size()), image.height, image.channels);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const Taps& taps = columns[x];
      for (int c = 0; c < image.channels; ++c) {
        const uint8_t* in = image.pixel(taps.first, y) + c;
        int sum = 1 << (kBits - 1);
        for (const int weight : taps.weights) {
          sum += *in * weight;
          in += image.channels;
        }
        out.pixel(x, y)[c] = rounded(sum);
      }
    }
  }
  return out;
}

Image of_rows(const Image& image, const std::vector<Taps>& rows) {
  Image out(image.width, int(rows.size()), image.channels);
  const size_t stride = size_t(image.width) * image.channels;
  std::vector<int> sums(stride);
  for (int y = 0; y < out.height; ++y) {
    std::fill(sums.begin(), sums.end(), 1 << (kBits - 1));
    for (size_t k = 0; k < rows[y].weights.size(); ++k) {
      const uint8_t* in = image.pixel(0, rows[y].first + int(k));
      for (size_t i = 0; i < stride; ++i) sums[i] += in[i] * rows[y].weights[k];
    }
    std::transform(sums.begin(), sums.end(), out.pixel(0, y), rounded);
  }
  return out;
}

/// Places of the output's pixels in the input, added up step by step as Pillow does.
std::vector<int> nearest_places(int size, double from, double to, int count) {
  const double step = (to - from) / count;
  std::vector<int> places;
  double place = from + step * 0.5;
  for (int i = 0; i < count; ++i, place += step) places.push_back(std::min(int(place), size - 1));
  return places;
}

Image nearest(const Image& image, int width, int height, const Section& section) {
  const std::vector<int> columns = nearest_places(image.width, section.left, section.right, width);
  const std::vector<int> rows = nearest_places(image.height, section.top, section.bottom, height);
  Image out(width, height, image.channels);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) std::copy_n(image.pixel(columns[x], rows[y]), image.channels, out.pixel(x, y));
  return out;
}

}  // namespace

Image resized(const Image& image, int width, int height, Resample filter, const Section& section) {
  const bool same_columns = width == image.width && section.left == 0 && section.right == image.width;
  const bool same_rows = height == image.height && section.top == 0 && section.bottom == image.height;
  if (same_columns && same_rows) return image;
  if (filter == Resample::nearest) return nearest(image, width, height, section);
  const Filter kind = filter_of(filter);
  const bool has_alpha = image.channels == 4;
  Image out = has_alpha ? premultiplied(image) : image;
  if (!same_columns) out = of_columns(out, taps_of(kind, image.width, section.left, section.right, width));
  if (!same_rows) out = of_rows(out, taps_of(kind, image.height, section.top, section.bottom, height));
  return has_alpha ? straight_alpha(out) : out;
}

Image resized(const Image& image, int width, int height, Resample filter) {
  return resized(image, width, height, filter, {0, 0, double(image.width), double(image.height)});
}

}  // namespace darkroom::imaging
