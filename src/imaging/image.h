// 8-bit pictures. No libtorch here: formats, cli and server handle pictures without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace darkroom {

/// Rows from the top, pixels from the left, channels interleaved (1 grey, 3 RGB, 4 RGBA, straight alpha).
struct Image {
  int width = 0;
  int height = 0;
  int channels = 3;
  std::vector<uint8_t> pixels;  ///< width * height * channels

  Image() = default;
  Image(int width, int height, int channels)
      : width(width), height(height), channels(channels), pixels(size_t(width) * height * channels) {}

  uint8_t* pixel(int x, int y) { return pixels.data() + (size_t(y) * width + x) * channels; }
  const uint8_t* pixel(int x, int y) const { return pixels.data() + (size_t(y) * width + x) * channels; }
};

}  // namespace darkroom
