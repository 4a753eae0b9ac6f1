#include "lab/worlds.h"

#include <fmt/ranges.h>

#include <cmath>

#include "base/error.h"

namespace darkroom::lab {
namespace {

Tensor gaussian(const Tensor& x, double sigma) {
  return x / (1 + sigma * sigma);
}

/// Each Gaussian's own posterior mean, weighted by how likely it is that x came from it.
Tensor mixture(const Tensor& x, double sigma) {
  constexpr double weights[] = {0.3, 0.5, 0.2}, means[] = {-1.5, 0.2, 1.8}, deviations[] = {0.25, 0.4, 0.15};
  std::vector<Tensor> log_density, posterior;
  for (int k = 0; k < 3; ++k) {
    const double data = deviations[k] * deviations[k], variance = data + sigma * sigma;
    log_density.push_back(-(x - means[k]).square() / (2 * variance) + std::log(weights[k] / std::sqrt(variance)));
    posterior.push_back(means[k] + (x - means[k]) * (data / variance));
  }
  return (at::softmax(at::stack(log_density), 0) * at::stack(posterior)).sum(0);
}

Tensor tanh(const Tensor& x, double sigma) {
  const double v = 0.25 + sigma * sigma;
  return (x * 0.25 + at::tanh(x / v) * (sigma * sigma)) / v;
}

Tensor point(const Tensor& x, double) {
  return at::full_like(x, 0.5);
}

}  // namespace

const std::vector<World>& worlds() {
  static const std::vector<World> table = {
      {"gaussian", "N(0, 1): every sampler is linear on it", gaussian},
      {"mixture", "three Gaussians in one dimension", mixture},
      {"tanh", "smooth and not linear: the reference runs' own", tanh},
      {"point", "everything is 0.5", point},
  };
  return table;
}

const World& world_named(std::string_view name) {
  std::vector<std::string> names;
  for (const World& world : worlds()) {
    if (world.name == name) return world;
    names.push_back(world.name);
  }
  fail(ErrorKind::invalid_request, "--world: {} is needed, \"{:.80}\" was given", fmt::join(names, " or "), name);
}

}  // namespace darkroom::lab
