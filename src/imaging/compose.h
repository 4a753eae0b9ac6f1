// Pictures put together, bit for bit as Pillow does it: every division by 255 is rounded.
// Source of truth: Pillow, src/libImaging/Convert.c, Paste.c, AlphaComposite.c.
#pragma once

#include "imaging/image.h"

namespace darkroom::imaging {

/// A rectangle of whole pixels; right and bottom are the first outside.
struct Box {
  int left = 0, top = 0, right = 0, bottom = 0;
  int width() const { return right - left; }
  int height() const { return bottom - top; }
  bool operator==(const Box&) const = default;
};

/// One channel: the luma of ITU-R 601 (grey stays as it is; alpha is left out).
Image grey(const Image& image);
/// Three channels; alpha is left out.
Image rgb(const Image& image);
/// Four channels; alpha 255 where there was none.
Image rgba(const Image& image);
/// RGB on a background of that grey level: what transparent pixels hide is not seen.
Image flattened(const Image& image, uint8_t background = 255);
/// 255 - value. Requires: 1 or 3 channels.
Image inverted(const Image& image);

/// RGBA whose colours are multiplied by their alpha, and back. Requires: 4 channels.
Image premultiplied(const Image& image);
Image straight_alpha(const Image& image);

/// `box` of the picture; black (and transparent) where it reaches outside.
Image cropped(const Image& image, const Box& box);
/// Writes `part` over `onto` with its upper left corner at (x, y); what falls outside is left out. Requires: the same
/// channels.
void paste(Image& onto, const Image& part, int x, int y);
/// The same in the share of `mask`: 255 = the part, 0 = what was there. Requires: mask is grey and of the part's size.
void paste(Image& onto, const Image& part, int x, int y, const Image& mask);
/// `image` seen through the holes of `mask`: transparent where it is 255. RGBA from RGB. Requires: a grey mask of its
/// size.
Image with_holes(const Image& image, const Image& mask);
/// `over` laid on `under`. Requires: RGBA of one size.
Image alpha_composited(const Image& under, const Image& over);

}  // namespace darkroom::imaging
