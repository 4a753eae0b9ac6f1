// What an inpaint mask does to pixels. Source of truth: A1111, modules/masking.py, processing.py (create_binary_mask).
#pragma once

#include <optional>

#include "imaging/compose.h"
#include "imaging/image.h"

namespace darkroom::imaging {

/// Grey: 255 = is made anew. Of a picture with transparency, what is visible (`rounded`: visible by more than half);
/// else its luma as it is.
Image mask_of(const Image& picture, bool rounded);

/// The smallest box that holds everything above 0, `padding` pixels larger on each side but within the picture;
/// nothing if the mask is blank. Requires: grey.
std::optional<Box> marked_box(const Image& mask, int padding);

/// `box` made wider or higher until its shape is width : height, moved into a picture of `picture`'s size, and cut off
/// where it does not fit there.
Box expanded(Box box, int width, int height, const Image& picture);

/// The masked part painted over with the colours around it, blurred from far to near. RGB from RGB. Requires: a grey
/// mask of the picture's size.
Image filled(const Image& picture, const Image& mask);

}  // namespace darkroom::imaging
