// Denoisers in closed form: data of a known distribution, where every sampler's result can be judged without a network.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diffusion/denoiser.h"

namespace darkroom::lab {

struct World {
  std::string name;
  std::string help;
  /// The expected clean value of every element by itself.
  Tensor (*denoised)(const Tensor& x, double sigma);
};

/// gaussian: N(0, 1), on which every sampler is linear. mixture: three Gaussians in one dimension. tanh: the denoiser
/// of tests/golden/samplers.json. point: everything is 0.5.
const std::vector<World>& worlds();

/// Where the exact flow of `mixture` takes a value from level `from` to level `to`: a flow in one dimension keeps the
/// order of points, so it is the map between equal shares of the two distributions.
double mixture_flow(double x, double from, double to);

/// By name. Throws Error{invalid_request} that lists them.
const World& world_named(std::string_view name);

}  // namespace darkroom::lab
