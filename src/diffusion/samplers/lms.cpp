// Linear multistep: Adams-Bashforth of order 4 on levels of any spacing. Follows k-diffusion, sample_lms.
#include <deque>

#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {
namespace {

constexpr size_t kOrder = 4;

/// The integral over [sigma, next] of the Lagrange polynomial that is 1 at places[j]. Two points of Gauss and Legendre
/// are exact for its degree, 3.
double coefficient(const std::vector<double>& places, size_t j, double sigma, double next) {
  const double middle = (sigma + next) / 2, half = (next - sigma) / 2, away = half / std::sqrt(3.0);
  return (lagrange(places, j, middle - away) + lagrange(places, j, middle + away)) * half;
}

}  // namespace

Tensor sample_lms(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  const size_t most = options.order > 0 ? options.order : kOrder;
  std::deque<Tensor> slopes;  // newest first
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    options.on_step({int(i), sigmas[i], x, denoised});
    slopes.push_front(to_d(x, sigmas[i], denoised));
    if (slopes.size() > most) slopes.pop_back();
    // Parity: the reference extrapolates its cubic over the long step to 0 too, which multiplies the model's errors.
    const bool is_euler = sigmas[i + 1] == 0 && !options.lms_extrapolates_to_zero;
    std::vector<double> places;  // of the slopes that count, newest first
    for (size_t k = 0; k < (is_euler ? 1 : slopes.size()); ++k) places.push_back(sigmas[i - k]);
    for (size_t j = 0; j < places.size(); ++j) x = x + slopes[j] * coefficient(places, j, sigmas[i], sigmas[i + 1]);
  }
  return x;
}

}  // namespace darkroom::diffusion
