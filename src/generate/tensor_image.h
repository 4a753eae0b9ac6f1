// Image <-> tensor in [-1, 1]. Here and not in imaging/, which knows no tensors so that formats and cli need none.
#pragma once

#include "base/tensor.h"
#include "imaging/image.h"

namespace darkroom::generate {

/// pixels / 255 * 2 - 1 in fp32: [1, channels, height, width].
Tensor image_tensor(const Image& image);

/// One picture [channels, height, width], about [-1, 1], to trunc(255 * clamp((y + 1) / 2, 0, 1)).
/// Parity: A1111 truncates where diffusers rounds. Requires: 1, 3 or 4 channels, no NaN.
Image tensor_image(const Tensor& picture);

/// The same of values about [0, 1], rounded.
Image unit_image(const Tensor& picture);

}  // namespace darkroom::generate
