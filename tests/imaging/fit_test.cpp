#include "imaging/fit.h"

#include "imaging/golden.h"

namespace darkroom::imaging {
namespace {

TEST(Fit, IsA1111sResizeImageBitForBit) {
  for (const Json& one : golden("fit")) {
    const Image found = fitted(pattern(one.at("of")), one.at("to").at(0), one.at("to").at(1), Fit(one.at("mode")));
    EXPECT_TRUE(same(found, stored(one.at("expected")))) << one.at("mode") << one.at("of") << one.at("to");
  }
}

TEST(Fit, PicturesOfExtremeShapesKeepAPixel) {
  const Image line = pattern(300, 1, 3);
  for (const Fit fit : {Fit::stretch, Fit::crop, Fit::fill}) {
    const Image found = fitted(line, 16, 16, fit);
    EXPECT_EQ(found.width, 16);
    EXPECT_EQ(found.height, 16);
  }
}

}  // namespace
}  // namespace darkroom::imaging
