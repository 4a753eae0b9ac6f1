#include "diffusion/noise_gain.h"

#include "base/error.h"

namespace darkroom::diffusion {

double noise_gain(const SamplerInfo& sampler, const Sigmas& sigmas, const SampleOptions& options) {
  require(!sampler.adapts_to_latent, ErrorKind::invalid_request,
          "compute the noise gain of {}: its steps depend on the latent", sampler.name);
  SampleOptions silent = options;
  int calls = 0;
  const auto run = [&](int elements) {
    const Tensor nothing = at::zeros({elements}, at::kDouble);
    silent.noise = [&](double, double) { return nothing; };
    calls = 0;
    // Element k is told 1 in call k and 0 in all others, so that it ends as the weight of that call.
    const Denoiser impulses = [&](const Tensor& x, double) {
      const Tensor answer = at::zeros_like(x);
      if (calls < elements) answer[calls].fill_(1);
      ++calls;
      return answer;
    };
    return sampler.sample(impulses, nothing, sigmas, silent);
  };
  run(1);
  return run(calls).norm().item<double>();
}

}  // namespace darkroom::diffusion
