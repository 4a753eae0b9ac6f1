#include "imaging/shrink.h"

#include <algorithm>
#include <cmath>

namespace darkroom::imaging {
namespace {

/// The pixels of one direction that a new one covers, and the share of it each fills.
struct Cover {
  int first = 0;
  std::vector<float> shares;
};

std::vector<Cover> covers(int from, int to) {
  constexpr double kNothing = 1e-3;  // Parity: thinner slices are left out
  const double scale = double(from) / to;
  std::vector<Cover> all(static_cast<size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double begin = i * scale, end = begin + scale, width = std::min(scale, from - begin);
    const int last_whole = std::min(int(std::floor(end)), from - 1);
    const int first_whole = std::min(int(std::ceil(begin)), last_whole);
    Cover& cover = all[size_t(i)];
    cover.first = first_whole;
    if (first_whole - begin > kNothing) {
      cover.first = first_whole - 1;
      cover.shares.push_back(float((first_whole - begin) / width));
    }
    for (int k = first_whole; k < last_whole; ++k) cover.shares.push_back(float(1 / width));
    if (end - last_whole > kNothing)
      cover.shares.push_back(float(std::min(std::min(end - last_whole, 1.0), width) / width));
  }
  return all;
}

}  // namespace

Image shrunk_by_area(const Image& image, int width, int height) {
  const std::vector<Cover> columns = covers(image.width, width), rows = covers(image.height, height);
  const int channels = image.channels;
  // One row of the old picture at a time: its new pixels are added to the new rows it belongs to.
  const auto narrowed = [&](int y, std::vector<float>& row) {
    std::fill(row.begin(), row.end(), 0.0f);
    for (int x = 0; x < width; ++x) {
      const Cover& cover = columns[size_t(x)];
      const uint8_t* pixel = image.pixel(cover.first, y);
      for (const float share : cover.shares)
        for (int c = 0; c < channels; ++c) row[size_t(x * channels + c)] += share * float(*pixel++);
    }
  };
  Image small(width, height, channels);
  std::vector<float> row(size_t(width) * size_t(channels)), sum(row.size());
  for (int y = 0; y < height; ++y) {
    const Cover& cover = rows[size_t(y)];
    std::fill(sum.begin(), sum.end(), 0.0f);
    for (size_t k = 0; k < cover.shares.size(); ++k) {
      narrowed(cover.first + int(k), row);
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += cover.shares[k] * row[i];
    }
    uint8_t* out = small.pixel(0, y);
    for (const float value : sum) *out++ = uint8_t(std::clamp(std::nearbyint(value), 0.0f, 255.0f));
  }
  return small;
}

Image shrunk_into(const Image& image, int side) {
  const double scale = std::min(1.0, double(side) / std::max(image.width, image.height));
  const auto scaled = [&](int length) { return std::max(1, int(length * scale + 0.5)); };
  return shrunk_by_area(image, scaled(image.width), scaled(image.height));
}

}  // namespace darkroom::imaging
