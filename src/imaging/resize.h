// Pictures of another size, bit for bit as Pillow 9.5 makes them.
// Source of truth: Pillow, src/libImaging/Resample.c (two passes of fixed-point sums, 8 bit between them), and
// Geometry.c for the nearest pixel.
#pragma once

#include "imaging/image.h"

namespace darkroom::imaging {

/// Bicubic has a = -0.5, Lanczos three lobes. All but nearest widen when they shrink.
enum class Resample { nearest, bilinear, bicubic, lanczos };

/// A part of a picture, in pixels from its upper left corner. It may have no width or height: then every column or row
/// is what lies there.
struct Section {
  double left = 0, top = 0, right = 0, bottom = 0;
};

/// Colours with alpha are weighted by it, as in Pillow. Requires: width, height and the picture's sides above 0.
Image resized(const Image& image, int width, int height, Resample filter);
/// Of `section` alone; the filter sees what lies around it. Requires: it lies in the picture.
Image resized(const Image& image, int width, int height, Resample filter, const Section& section);

}  // namespace darkroom::imaging
