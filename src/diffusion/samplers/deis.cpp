// DEIS (Zhang & Chen 2022) in its log-rho form: Adams-Bashforth whose polynomials run in ln(sigma). Checked against
// diffusers, scheduling_deis_multistep.py.
#include <array>
#include <deque>

#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {
namespace {

constexpr size_t kOrder = 3;

/// The integral over [sigma, next] of the Lagrange polynomial in ln(sigma) that is 1 at `logs[j]`. Gauss and Legendre
/// with eight points: exact to rounding over any step of a run.
double coefficient(const std::vector<double>& logs, size_t j, double sigma, double next) {
  constexpr std::array<double, 4> kPlace = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267,
                                            0.9602898564975363};
  constexpr std::array<double, 4> kWeight = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                             0.1012285362903763};
  const double middle = (std::log(sigma) + std::log(next)) / 2, half = (std::log(next) - std::log(sigma)) / 2;
  double sum = 0;
  for (size_t k = 0; k < kPlace.size(); ++k) {
    for (const double place : {middle - half * kPlace[k], middle + half * kPlace[k]})
      sum += kWeight[k] * std::exp(place) * lagrange(logs, j, place);
  }
  return sum * half;
}

}  // namespace

Tensor sample_deis(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  const size_t most = options.order > 0 ? options.order : kOrder;
  std::deque<Tensor> slopes;  // newest first
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    if (next == 0) {
      x = denoised;
      continue;
    }
    slopes.push_front(to_d(x, sigma, denoised));
    if (slopes.size() > most) slopes.pop_back();
    std::vector<double> logs;
    for (size_t k = 0; k < slopes.size(); ++k) logs.push_back(std::log(sigmas[i - k]));
    for (size_t j = 0; j < slopes.size(); ++j) x = x + slopes[j] * coefficient(logs, j, sigma, next);
  }
  return x;
}

}  // namespace darkroom::diffusion
