// Pictures made smaller by averaging the area each new pixel covers.
// Source of truth: OpenCV, modules/imgproc/src/resize.cpp, INTER_AREA: what training tools shrink pictures with.
#pragma once

#include "imaging/image.h"

namespace darkroom::imaging {

/// Every channel for itself, alpha too. Requires: 1 <= width <= image.width and the same for the height.
Image shrunk_by_area(const Image& image, int width, int height);

/// Neither wider nor higher than `side`, in its own shape; a smaller picture as it is. Requires: side >= 1.
Image shrunk_into(const Image& image, int side);

}  // namespace darkroom::imaging
