// A little of another colour: what color_aug does to a picture each time it is used.
#pragma once

#include "base/tensor.h"
#include "imaging/image.h"

namespace darkroom::train {

/// Of three uses one changes: its hue by up to 16 degrees, or its brightness by a power of 0.95 to 1.05 on values in
/// 0..1, each half of the time. Source: sd-scripts, library/train_util.py, whose power acts on 0..255 and so dims or
/// brightens the whole picture by up to 30 %; here it is what was meant. Requires: RGB.
Image colour_changed(const Image& image, at::Generator& generator);

}  // namespace darkroom::train
