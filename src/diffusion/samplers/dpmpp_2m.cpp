// DPM-Solver++(2M) (Lu et al. 2022, algorithm 2). Follows k-diffusion, sample_dpmpp_2m.
#include <cmath>

#include "diffusion/samplers.h"

namespace darkroom::diffusion {

Tensor sample_dpmpp_2m(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  Tensor previous;    // denoised in the step before
  double h_last = 0;  // its length in ln(sigma)
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    const double h = std::log(sigma) - std::log(next);  // infinite when next is 0: then x becomes `towards`
    Tensor towards = denoised;
    if (i > 0 && next > 0) {
      const double k = h / (2 * h_last);  // 1 / (2r)
      towards = denoised * (1 + k) - previous * k;
    }
    x = x * (next / sigma) - towards * std::expm1(-h);
    previous = denoised;
    h_last = h;
  }
  return x;
}

}  // namespace darkroom::diffusion
