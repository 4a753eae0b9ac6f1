// tests/golden/parity_pictures.safetensors, and the picture and mask it was made of.
#pragma once

#include <cstring>

#include "imaging/image.h"
#include "support/parity.h"

namespace darkroom {

/// An 8-bit tensor [H, W] or [H, W, C].
inline Image parity_image(const std::string& name) {
  const Tensor bytes = parity("pictures", name).contiguous();
  Image image(int(bytes.size(1)), int(bytes.size(0)), bytes.dim() == 3 ? int(bytes.size(2)) : 1);
  std::memcpy(image.pixels.data(), bytes.data_ptr(), image.pixels.size());
  return image;
}

}  // namespace darkroom
