// tests/golden/imaging.json, and the pictures it was made of.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "imaging/image.h"

namespace darkroom::imaging {

using Json = nlohmann::json;

inline const Json& golden(const std::string& part) {
  static const Json all = Json::parse(std::ifstream(std::string(DARKROOM_TESTS_DIR) + "/golden/imaging.json"));
  return all.at(part);
}

/// make_imaging.py's pattern().
inline Image pattern(int width, int height, int channels, int seed = 0) {
  Image image(width, height, channels);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c)
        image.pixel(x, y)[c] =
            uint8_t(x * 37 + y * 59 + c * 83 + x * y % 7 * 29 + (x / 5 + y / 3) % 2 * 97 + seed * 41);
  return image;
}

inline Image pattern(const Json& of) {
  return pattern(of.at(0), of.at(1), of.size() > 2 ? of.at(2).get<int>() : 1);
}

inline Image stored(const Json& json) {
  Image image(json.at("width"), json.at("height"), json.at("channels"));
  const std::string hex = json.at("pixels");
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = uint8_t(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  return image;
}

inline testing::AssertionResult same(const Image& found, const Image& expected) {
  if (found.width != expected.width || found.height != expected.height || found.channels != expected.channels)
    return testing::AssertionFailure() << found.width << "x" << found.height << "x" << found.channels << " instead of "
                                       << expected.width << "x" << expected.height << "x" << expected.channels;
  int different = 0, most = 0;
  for (size_t i = 0; i < found.pixels.size(); ++i) {
    const int off = std::abs(int(found.pixels[i]) - int(expected.pixels[i]));
    different += off > 0;
    most = std::max(most, off);
  }
  if (different == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << different << " of " << found.pixels.size() << " values differ, by up to "
                                     << most;
}

}  // namespace darkroom::imaging
