#include "train/pictures.h"

#include <cstring>

#include "base/error.h"
#include "train/random.h"

namespace darkroom::train {

Cutouts::Cutouts(const Dataset& dataset, bool validation) {
  std::vector<const Cutout*> chosen;
  for (const auto& cutout : dataset.cutouts) {
    if (cutout.is_validation == validation) chosen.push_back(&cutout);
  }
  require(!chosen.empty(), ErrorKind::invalid_request, "training pictures: the dataset has no cut-outs for {}",
          validation ? "validation" : "training");
  rgba_ = at::empty({int64_t(chosen.size()), dataset.size, dataset.size, 4}, at::kByte);
  for (size_t i = 0; i < chosen.size(); ++i) {
    const Image image = read_picture(chosen[i]->file, dataset.size, 4);
    std::memcpy(rgba_[int64_t(i)].data_ptr(), image.pixels.data(), image.pixels.size());
  }
}

Tensor Cutouts::over_colour(int64_t index, const std::array<double, 3>& colour) const {
  const Tensor rgba = rgba_[index].to(at::kFloat).permute({2, 0, 1}) / 255.0;
  const Tensor background = at::tensor({float(colour[0]), float(colour[1]), float(colour[2])}).view({3, 1, 1});
  const Tensor alpha = rgba.narrow(0, 3, 1);
  return (rgba.narrow(0, 0, 3) * alpha + background * (1 - alpha)) * 2 - 1;
}

Tensor Cutouts::random_crops(int64_t batch, int64_t crop, double white_share, at::Generator& generator) const {
  std::vector<Tensor> crops;
  const int64_t room = rgba_.size(1) - crop + 1;
  for (int64_t i = 0; i < batch; ++i) {
    Tensor picture = over_colour(random_index(generator, size()), random_colour(white_share, generator));
    picture = picture.narrow(1, random_index(generator, room), crop).narrow(2, random_index(generator, room), crop);
    crops.push_back(random_index(generator, 2) == 1 ? picture.flip(2) : picture);
  }
  return at::stack(crops);
}

std::array<double, 3> random_colour(double white_share, at::Generator& generator) {
  if (random_unit(generator) < white_share) return {1, 1, 1};
  return {random_unit(generator), random_unit(generator), random_unit(generator)};
}

Tensor picture_tensor(const Image& image) {
  const Tensor bytes = at::empty({image.height, image.width, image.channels}, at::kByte);
  std::memcpy(bytes.data_ptr(), image.pixels.data(), image.pixels.size());
  return bytes.permute({2, 0, 1}).to(at::kFloat) / 127.5 - 1;
}

}  // namespace darkroom::train
