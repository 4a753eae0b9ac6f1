// Linear multistep: Adams-Bashforth of order 4 on levels of any spacing. Follows k-diffusion, sample_lms.
#include <deque>

#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {
namespace {

constexpr size_t kOrder = 4;

/// The integral over [sigmas[i], sigmas[i + 1]] of the Lagrange polynomial that is 1 at level i - j and 0 at the other
/// newest `order` ones. Two points of Gauss and Legendre are exact for its degree, 3.
double coefficient(const Sigmas& sigmas, size_t i, size_t j, size_t order) {
  const double middle = (sigmas[i] + sigmas[i + 1]) / 2, half = (sigmas[i + 1] - sigmas[i]) / 2;
  double sum = 0;
  for (const double place : {-1 / std::sqrt(3.0), 1 / std::sqrt(3.0)}) {
    double product = 1;
    for (size_t k = 0; k < order; ++k) {
      if (k != j) product *= (middle + half * place - sigmas[i - k]) / (sigmas[i - j] - sigmas[i - k]);
    }
    sum += product;
  }
  return sum * half;
}

}  // namespace

Tensor sample_lms(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  std::deque<Tensor> slopes;  // newest first
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    options.on_step({int(i), sigmas[i], x, denoised});
    slopes.push_front(to_d(x, sigmas[i], denoised));
    if (slopes.size() > kOrder) slopes.pop_back();
    // Parity: the reference extrapolates its cubic over the long step to 0 too, which multiplies the model's errors.
    const bool is_euler = sigmas[i + 1] == 0 && !options.lms_extrapolates_to_zero;
    const size_t order = is_euler ? 1 : slopes.size();
    for (size_t j = 0; j < order; ++j) x = x + slopes[j] * coefficient(sigmas, i, j, order);
  }
  return x;
}

}  // namespace darkroom::diffusion
