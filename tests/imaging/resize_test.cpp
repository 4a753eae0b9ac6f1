#include "imaging/resize.h"

#include <map>

#include "imaging/golden.h"

namespace darkroom::imaging {
namespace {

Resample filter_named(const std::string& name) {
  static const std::map<std::string, Resample> filters = {{"nearest", Resample::nearest},
                                                          {"bilinear", Resample::bilinear},
                                                          {"bicubic", Resample::bicubic},
                                                          {"lanczos", Resample::lanczos}};
  return filters.at(name);
}

TEST(Resize, IsPillowsBitForBit) {
  for (const Json& one : golden("resize")) {
    const Image from = pattern(one.at("of"));
    const int width = one.at("to").at(0), height = one.at("to").at(1);
    Section section{0, 0, double(from.width), double(from.height)};
    if (one.contains("box")) {
      const Json& box = one.at("box");
      section = {box.at(0), box.at(1), box.at(2), box.at(3)};
    }
    const Image found = resized(from, width, height, filter_named(one.at("filter")), section);
    EXPECT_TRUE(same(found, stored(one.at("expected")))) << one.at("of") << one.at("to") << one.at("filter");
  }
}

TEST(Resize, ToItsOwnSizeChangesNothing) {
  const Image image = pattern(9, 5, 4);  // weighting by alpha and back would
  for (const Resample filter : {Resample::nearest, Resample::bicubic, Resample::lanczos})
    EXPECT_TRUE(same(resized(image, 9, 5, filter), image));
}

TEST(Resize, OneColourStaysOneColour) {
  Image image(7, 11, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = uint8_t(40 + 90 * (i % 3));
  for (const Resample filter : {Resample::nearest, Resample::bilinear, Resample::bicubic, Resample::lanczos}) {
    const Image found = resized(image, 23, 4, filter);
    for (size_t i = 0; i < found.pixels.size(); ++i) ASSERT_EQ(found.pixels[i], 40 + 90 * (i % 3));
  }
}

}  // namespace
}  // namespace darkroom::imaging
