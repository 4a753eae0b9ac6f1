#include "lab/worlds.h"

#include <fmt/ranges.h>

#include <cmath>

#include "base/error.h"

namespace darkroom::lab {
namespace {

Tensor gaussian(const Tensor& x, double sigma) {
  return x / (1 + sigma * sigma);
}

constexpr double kWeights[] = {0.3, 0.5, 0.2}, kMeans[] = {-1.5, 0.2, 1.8}, kDeviations[] = {0.25, 0.4, 0.15};

/// Share of the mixture, with noise of level sigma, below x, or above it, which stays exact in the upper tail.
double share(double x, double sigma, bool above) {
  double sum = 0;
  for (int k = 0; k < 3; ++k) {
    const double z = (x - kMeans[k]) / std::sqrt(kDeviations[k] * kDeviations[k] + sigma * sigma);
    sum += kWeights[k] * 0.5 * std::erfc((above ? z : -z) / std::sqrt(2.0));
  }
  return sum;
}

/// Each Gaussian's own posterior mean, weighted by how likely it is that x came from it.
Tensor mixture(const Tensor& x, double sigma) {
  std::vector<Tensor> log_density, posterior;
  for (int k = 0; k < 3; ++k) {
    const double data = kDeviations[k] * kDeviations[k], variance = data + sigma * sigma;
    log_density.push_back(-(x - kMeans[k]).square() / (2 * variance) + std::log(kWeights[k] / std::sqrt(variance)));
    posterior.push_back(kMeans[k] + (x - kMeans[k]) * (data / variance));
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

double mixture_flow(double x, double from, double to) {
  const bool above = x > kMeans[1];
  const double wanted = share(x, from, above);
  double low = -100, high = 100;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    ((share(middle, to, above) < wanted) != above ? low : high) = middle;
  }
  return low;
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
