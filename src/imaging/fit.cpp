#include "imaging/fit.h"

#include <algorithm>

#include "imaging/compose.h"
#include "imaging/resize.h"

namespace darkroom::imaging {
namespace {

struct Size {
  int width, height;
};

/// The picture's shape, as large as crop or fill want it; never without a pixel.
Size shaped(const Image& image, int width, int height, Fit fit) {
  const double wanted = double(width) / height, own = double(image.width) / image.height;
  const auto scaled = [](int side, int by, int from) { return std::max(1, int(int64_t(side) * by / from)); };
  if (fit == Fit::crop ? wanted > own : wanted < own) return {width, scaled(image.height, width, image.width)};
  return {scaled(image.width, height, image.height), height};
}

/// A bar of one edge of `image`: a section without extent, which bicubic sharpens a little.
Image continued(const Image& image, int width, int height, const Section& edge) {
  return resized(image, width, height, Resample::bicubic, edge);
}

// Parity: where what is missing is odd, the last row or column stays black, as in the reference.
void fill_bars(Image& onto, const Image& part) {
  const double right = part.width, bottom = part.height;
  const int bar_height = onto.height / 2 - part.height / 2, bar_width = onto.width / 2 - part.width / 2;
  if (bar_height > 0) {
    paste(onto, continued(part, onto.width, bar_height, {0, 0, right, 0}), 0, 0);
    paste(onto, continued(part, onto.width, bar_height, {0, bottom, right, bottom}), 0, bar_height + part.height);
  }
  if (bar_width > 0) {
    paste(onto, continued(part, bar_width, onto.height, {0, 0, 0, bottom}), 0, 0);
    paste(onto, continued(part, bar_width, onto.height, {right, 0, right, bottom}), bar_width + part.width, 0);
  }
}

}  // namespace

Image fitted(const Image& image, int width, int height, Fit fit) {
  if (fit == Fit::stretch) return resized(image, width, height, Resample::lanczos);
  const Size size = shaped(image, width, height, fit);
  const Image part = resized(image, size.width, size.height, Resample::lanczos);
  Image out(width, height, image.channels);
  paste(out, part, width / 2 - size.width / 2, height / 2 - size.height / 2);
  if (fit == Fit::fill) fill_bars(out, part);
  return out;
}

}  // namespace darkroom::imaging
