// A picture brought to the size of a run. Source of truth: A1111, modules/images.py (resize_image).
#pragma once

#include "imaging/image.h"

namespace darkroom::imaging {

/// stretch: as it comes. crop: fills the size and loses what stands over. fill: fits into the size; the bars it leaves
/// continue its edges.
enum class Fit { stretch, crop, fill };

/// By Lanczos. RGB and of exactly that size; of a grey picture, grey. Requires: 1 or 3 channels, no side of 0.
Image fitted(const Image& image, int width, int height, Fit fit);

}  // namespace darkroom::imaging
