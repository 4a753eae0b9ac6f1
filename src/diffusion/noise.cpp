#include "diffusion/noise.h"

#include <utility>

#include "base/error.h"
#include "diffusion/torch_random.h"

namespace darkroom::diffusion {

Tensor no_noise(double sigma, double next) {
  fail(ErrorKind::internal, "sample from noise level {} to {}: the sampler draws noise, but was given no source of it",
       sigma, next);
}

std::vector<std::uint64_t> image_seeds(std::uint64_t seed, int count) {
  std::vector<std::uint64_t> seeds;
  for (int i = 0; i < count; ++i) seeds.push_back(seed + i);
  return seeds;
}

ImageNoise::ImageNoise(const std::vector<std::uint64_t>& seeds, std::vector<std::int64_t> shape)
    : shape_(std::move(shape)) {
  require(!seeds.empty(), ErrorKind::internal, "make the noise of a batch: there must be at least one seed");
  for (const std::uint64_t seed : seeds) generators_.push_back(torch_generator(seed));
}

Tensor ImageNoise::first() {
  return draw();
}

Tensor ImageNoise::next() {
  return draw();
}

NoiseSource ImageNoise::source() {
  return [this](double, double) { return next(); };
}

Tensor ImageNoise::draw() {
  std::vector<Tensor> images;
  for (at::Generator& generator : generators_) images.push_back(torch_randn(shape_, generator));
  return at::stack(images);
}

}  // namespace darkroom::diffusion
