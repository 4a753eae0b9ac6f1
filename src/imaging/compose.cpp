#include "imaging/compose.h"

#include <algorithm>

namespace darkroom::imaging {
namespace {

/// a / 255, rounded, for a up to 255 * 255.
uint32_t over_255(uint32_t a) {
  a += 128;
  return ((a >> 8) + a) >> 8;
}

uint8_t blended(uint8_t under, uint8_t over, uint8_t share) {
  return uint8_t(over_255(under * (255u - share) + over * uint32_t(share)));
}

/// `of(in, out)` for every pixel.
template <typename Of>
Image mapped(const Image& image, int channels, const Of& of) {
  Image out(image.width, image.height, channels);
  const uint8_t* in = image.pixels.data();
  for (uint8_t* pixel = out.pixels.data(); pixel != out.pixels.data() + out.pixels.size(); pixel += channels) {
    of(in, pixel);
    in += image.channels;
  }
  return out;
}

/// The part of a picture of width x height at (x, y) that falls into `onto`, in the part's pixels.
Box visible(const Image& onto, int width, int height, int x, int y) {
  return {std::max(0, -x), std::max(0, -y), std::min(width, onto.width - x), std::min(height, onto.height - y)};
}

/// One pixel of what Pillow calls alpha compositing, in its fixed-point arithmetic.
void composite_pixel(const uint8_t* under, const uint8_t* over, uint8_t* out) {
  constexpr int kBits = 7;
  if (over[3] == 0) {
    std::copy_n(under, 4, out);
    return;
  }
  const uint32_t alpha = over[3] * 255u + under[3] * (255u - over[3]);
  const uint32_t share = over[3] * 255u * 255u * (1u << kBits) / alpha, rest = 255u * (1u << kBits) - share;
  for (int c = 0; c < 3; ++c) {
    const uint32_t sum = over[c] * share + under[c] * rest + (0x80u << kBits);
    out[c] = uint8_t((((sum >> 8) + sum) >> 8) >> kBits);
  }
  out[3] = uint8_t(over_255(alpha));
}

}  // namespace

Image grey(const Image& image) {
  if (image.channels == 1) return image;
  return mapped(image, 1, [](const uint8_t* in, uint8_t* out) {
    out[0] = uint8_t((in[0] * 19595u + in[1] * 38470u + in[2] * 7471u + 0x8000u) >> 16);
  });
}

Image rgb(const Image& image) {
  if (image.channels == 3) return image;
  const int step = image.channels == 1 ? 0 : 1;
  return mapped(image, 3, [&](const uint8_t* in, uint8_t* out) {
    for (int c = 0; c < 3; ++c) out[c] = in[c * step];
  });
}

Image rgba(const Image& image) {
  if (image.channels == 4) return image;
  return mapped(rgb(image), 4, [](const uint8_t* in, uint8_t* out) {
    std::copy_n(in, 3, out);
    out[3] = 255;
  });
}

Image flattened(const Image& image, uint8_t background) {
  if (image.channels != 4) return rgb(image);
  return mapped(image, 3, [&](const uint8_t* in, uint8_t* out) {
    for (int c = 0; c < 3; ++c) out[c] = blended(background, in[c], in[3]);
  });
}

Image inverted(const Image& image) {
  Image out = image;
  for (uint8_t& value : out.pixels) value = uint8_t(255 - value);
  return out;
}

Image premultiplied(const Image& image) {
  return mapped(image, 4, [](const uint8_t* in, uint8_t* out) {
    for (int c = 0; c < 3; ++c) out[c] = uint8_t(over_255(in[c] * uint32_t(in[3])));
    out[3] = in[3];
  });
}

Image straight_alpha(const Image& image) {
  return mapped(image, 4, [](const uint8_t* in, uint8_t* out) {
    std::copy_n(in, 4, out);
    if (in[3] == 0) return;
    for (int c = 0; c < 3; ++c) out[c] = uint8_t(std::min(255, 255 * in[c] / in[3]));
  });
}

Image cropped(const Image& image, const Box& box) {
  Image out(box.width(), box.height(), image.channels);
  paste(out, image, -box.left, -box.top);
  return out;
}

void paste(Image& onto, const Image& part, int x, int y) {
  const Box seen = visible(onto, part.width, part.height, x, y);
  if (seen.width() <= 0) return;
  for (int row = seen.top; row < seen.bottom; ++row)
    std::copy_n(part.pixel(seen.left, row), size_t(seen.width()) * part.channels, onto.pixel(x + seen.left, y + row));
}

void paste(Image& onto, const Image& part, int x, int y, const Image& mask) {
  const Box seen = visible(onto, part.width, part.height, x, y);
  for (int row = seen.top; row < seen.bottom; ++row) {
    for (int column = seen.left; column < seen.right; ++column) {
      const uint8_t share = *mask.pixel(column, row);
      uint8_t* out = onto.pixel(x + column, y + row);
      const uint8_t* in = part.pixel(column, row);
      for (int c = 0; c < onto.channels; ++c) out[c] = blended(out[c], in[c], share);
    }
  }
}

Image with_holes(const Image& image, const Image& mask) {
  Image out(image.width, image.height, 4);
  paste(out, premultiplied(rgba(image)), 0, 0, inverted(mask));
  return straight_alpha(out);
}

Image alpha_composited(const Image& under, const Image& over) {
  Image out(under.width, under.height, 4);
  for (size_t i = 0; i < out.pixels.size(); i += 4)
    composite_pixel(under.pixels.data() + i, over.pixels.data() + i, out.pixels.data() + i);
  return out;
}

}  // namespace darkroom::imaging
