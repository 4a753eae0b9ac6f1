#include "generate/tensor_image.h"

#include <cstring>

namespace darkroom::generate {
namespace {

/// [channels, height, width] of 0 to 255, fractions cut off.
Image byte_image(const Tensor& values) {
  const Tensor bytes = values.to(at::kByte).permute({1, 2, 0}).contiguous();
  Image image(int(bytes.size(1)), int(bytes.size(0)), int(bytes.size(2)));
  std::memcpy(image.pixels.data(), bytes.data_ptr(), image.pixels.size());
  return image;
}

}  // namespace

Tensor image_tensor(const Image& image) {
  const Tensor bytes = at::empty({image.height, image.width, image.channels}, at::kByte);
  std::memcpy(bytes.data_ptr(), image.pixels.data(), image.pixels.size());
  return bytes.permute({2, 0, 1}).to(at::kFloat).div(255).mul(2).sub(1).unsqueeze(0).contiguous();
}

Image tensor_image(const Tensor& picture) {
  TORCH_CHECK(picture.dim() == 3, "tensor_image: [channels, height, width] is needed, got ", picture.sizes());
  return byte_image(picture.to(at::kFloat).add(1).div(2).clamp(0, 1).mul(255));
}

Image unit_image(const Tensor& picture) {
  return byte_image(picture.to(at::kFloat).clamp(0, 1).mul(255).round());
}

}  // namespace darkroom::generate
