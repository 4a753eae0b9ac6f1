// Blurred pictures, bit for bit as the programs that A1111 blurs with.
#pragma once

#include "imaging/image.h"

namespace darkroom::imaging {

/// Along x, then along y, 8 bit between them: a Gaussian of sigma_x and sigma_y pixels, cut off at 2.5 of them; 0 = not
/// along that axis. The edge is mirrored without repeating its pixel.
/// Source of truth: OpenCV 4, modules/imgproc/src/smooth.dispatch.cpp (8-bit kernels with their rounding error carried
/// on), of the kernel size that A1111 asks for. Requires: grey, sigmas of 0 or more.
Image gaussian_blurred(const Image& image, int sigma_x, int sigma_y);

/// Three box blurs along each axis, whose width may be a fraction; the edge is repeated. 0 = as it was.
/// Source of truth: Pillow, src/libImaging/BoxBlur.c (ImageFilter.GaussianBlur). Requires: radius of 0 or more.
Image box_blurred(const Image& image, float radius);

}  // namespace darkroom::imaging
