#include "diffusion/noise.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "diffusion/torch_random.h"

namespace darkroom::diffusion {
namespace {

/// Between `low` (share 0) and `high` (share 1) along the sphere. Parity: angles are taken along the height of a
/// [C,H,W] latent, not along its channels; nearly parallel noises are mixed straight, and the other way round.
Tensor between(double share, const Tensor& low, const Tensor& high) {
  const Tensor dot = (low / low.norm(2, 1, true) * (high / high.norm(2, 1, true))).sum(1);
  if (dot.mean().item<double>() > 0.9995) return low * share + high * (1 - share);
  const Tensor angle = at::acos(dot), sine = at::sin(angle);
  return (at::sin(angle * (1 - share)) / sine).unsqueeze(1) * low + (at::sin(angle * share) / sine).unsqueeze(1) * high;
}

/// How far a length reaches into another when both have one middle.
struct Overlap {
  std::int64_t from, to, length;
};

Overlap centred(std::int64_t from, std::int64_t to) {
  const std::int64_t room = to - from, margin = room >= 0 ? room / 2 : -((1 - room) / 2);  // rounded down
  return {std::max<std::int64_t>(-margin, 0), std::max<std::int64_t>(margin, 0),
          margin >= 0 ? from : from + 2 * margin};
}

/// `noise` [C,h,w] over the middle of `x` [C,H,W], cut where it is larger.
void put_into_middle(const Tensor& noise, Tensor& x) {
  const Overlap rows = centred(noise.size(1), x.size(1)), columns = centred(noise.size(2), x.size(2));
  x.narrow(1, rows.to, rows.length)
      .narrow(2, columns.to, columns.length)
      .copy_(noise.narrow(1, rows.from, rows.length).narrow(2, columns.from, columns.length));
}

}  // namespace

Tensor no_noise(double sigma, double next) {
  fail(ErrorKind::internal, "sample from noise level {} to {}: the sampler draws noise, but was given no source of it",
       sigma, next);
}

RandomSource random_source_named(std::string_view name) {
  if (same_name(name, "CPU")) return RandomSource::cpu;
  if (same_name(name, "NV")) return RandomSource::nv;
  fail(ErrorKind::invalid_request, "CPU or NV is needed, \"{:.80}\" was given", name);
}

RandomGenerator::RandomGenerator(RandomSource source, std::uint64_t seed) : generator_(PhiloxGenerator(seed)) {
  if (source == RandomSource::cpu) generator_ = torch_generator(seed);
}

Tensor RandomGenerator::randn(at::IntArrayRef shape) {
  if (auto* torch = std::get_if<at::Generator>(&generator_)) return torch_randn(shape, *torch);
  return std::get<PhiloxGenerator>(generator_).randn(shape);
}

std::vector<std::uint64_t> image_seeds(std::uint64_t seed, int count) {
  std::vector<std::uint64_t> seeds;
  for (int i = 0; i < count; ++i) seeds.push_back(seed + i);
  return seeds;
}

ImageNoise::ImageNoise(const std::vector<std::uint64_t>& seeds, std::vector<std::int64_t> shape,
                       ImageNoiseOptions options)
    : seeds_(seeds), shape_(std::move(shape)), options_(std::move(options)) {
  require(!seeds.empty(), ErrorKind::internal, "make the noise of a batch: there must be at least one seed");
  require(options_.variation_strength == 0 || options_.variation_seeds.size() == seeds.size(), ErrorKind::internal,
          "make the noise of a batch: {} seeds need as many variation seeds, found {}", seeds.size(),
          options_.variation_seeds.size());
  for (const std::uint64_t seed : seeds_) generators_.emplace_back(options_.source, seed);
}

Tensor ImageNoise::first() {
  std::vector<Tensor> images;
  for (size_t i = 0; i < seeds_.size(); ++i) images.push_back(first_of(i));
  if (options_.seed_delta != 0) {
    for (size_t i = 0; i < seeds_.size(); ++i)
      generators_[i] = RandomGenerator(options_.source, seeds_[i] + options_.seed_delta);
  }
  return at::stack(images);
}

Tensor ImageNoise::first_of(size_t image) {
  const bool resizes = options_.resize_from_height > 0 && options_.resize_from_width > 0;
  const std::vector<std::int64_t> drawn_shape =
      resizes ? std::vector<std::int64_t>{shape_[0], options_.resize_from_height, options_.resize_from_width} : shape_;
  const auto fresh = [&](std::uint64_t seed) { return RandomGenerator(options_.source, seed).randn(drawn_shape); };
  const bool is_other_size = drawn_shape != shape_;
  // Parity: at another size the noise has a generator of its own, and the image's draws what surrounds it.
  Tensor noise = is_other_size ? fresh(seeds_[image]) : generators_[image].randn(shape_);
  if (options_.variation_strength != 0)
    noise = between(options_.variation_strength, noise, fresh(options_.variation_seeds[image]));
  if (!is_other_size) return noise;
  Tensor x = generators_[image].randn(shape_);
  put_into_middle(noise, x);
  return x;
}

Tensor ImageNoise::next() {
  std::vector<Tensor> images;
  for (RandomGenerator& generator : generators_) images.push_back(generator.randn(shape_));
  return at::stack(images);
}

NoiseSource ImageNoise::source() {
  return [this](double, double) { return next(); };
}

}  // namespace darkroom::diffusion
