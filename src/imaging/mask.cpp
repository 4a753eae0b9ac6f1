#include "imaging/mask.h"

#include <algorithm>

#include "imaging/blur.h"

namespace darkroom::imaging {
namespace {

bool has_transparency(const Image& picture) {
  if (picture.channels != 4) return false;
  for (size_t i = 3; i < picture.pixels.size(); i += 4)
    if (picture.pixels[i] != 255) return true;
  return false;
}

/// One axis of a box grown by `more` around its middle, within 0 .. size.
void grow(int& from, int& to, int more, int size) {
  from -= more / 2;
  to += more - more / 2;
  if (to >= size) {
    from -= to - size;
    to = size;
  }
  if (from < 0) {
    to -= from;
    from = 0;
  }
  to = std::min(to, size);
}

}  // namespace

Image mask_of(const Image& picture, bool rounded) {
  if (!has_transparency(picture)) return grey(picture);
  Image mask(picture.width, picture.height, 1);
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    const uint8_t alpha = picture.pixels[4 * i + 3];
    mask.pixels[i] = !rounded ? alpha : alpha > 128 ? 255 : 0;
  }
  return mask;
}

std::optional<Box> marked_box(const Image& mask, int padding) {
  Box box{mask.width, mask.height, 0, 0};
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (*mask.pixel(x, y) == 0) continue;
      box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1), std::max(box.bottom, y + 1)};
    }
  }
  if (box.width() <= 0) return std::nullopt;
  return Box{std::max(box.left - padding, 0), std::max(box.top - padding, 0), std::min(box.right + padding, mask.width),
             std::min(box.bottom + padding, mask.height)};
}

Box expanded(Box box, int width, int height, const Image& picture) {
  const double wanted = double(width) / height;
  if (double(box.width()) / box.height() > wanted)
    grow(box.top, box.bottom, int(box.width() / wanted - box.height()), picture.height);
  else
    grow(box.left, box.right, int(box.height() * wanted - box.width()), picture.width);
  return box;
}

Image filled(const Image& picture, const Image& mask) {
  Image visible(picture.width, picture.height, 4);
  paste(visible, rgba(picture), 0, 0, inverted(mask));
  struct Blur {
    float radius;
    int times;
  };
  Image painted(picture.width, picture.height, 4);
  for (const auto& [radius, times] : {Blur{256, 1}, {64, 1}, {16, 2}, {4, 4}, {2, 2}, {0, 1}}) {
    const Image blurred = straight_alpha(box_blurred(visible, radius));
    for (int time = 0; time < times; ++time) painted = alpha_composited(painted, blurred);
  }
  return rgb(painted);
}

}  // namespace darkroom::imaging
