// UniPC (Zhao et al. 2023) of orders 1 to 3 in its variants bh1 and bh2, on any levels. Follows A1111,
// modules/models/diffusion/uni_pc, with its own levels. Hands back the network's scaling of the lowest level, as DDIM.
#include <array>
#include <deque>

#include "diffusion/float32.h"
#include "diffusion/parameterization.h"
#include "diffusion/samplers/steps.h"
#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {
namespace {

constexpr int kOrder = 3;

/// An earlier step: its place in ln(1 / sigma), and what was denoised there.
struct Past {
  double lambda;
  Tensor denoised;
};

/// Solves sum_k x_k r_k^(j-1) = b_j, j = 1..n, by elimination; n is at most 3.
std::vector<double> vandermonde_solution(const std::vector<double>& r, std::vector<double> b) {
  const size_t n = r.size();
  std::vector<std::vector<double>> a(n, std::vector<double>(n));
  for (size_t j = 0; j < n; ++j)
    for (size_t k = 0; k < n; ++k) a[j][k] = std::pow(r[k], double(j));
  for (size_t column = 0; column < n; ++column) {
    for (size_t row = column + 1; row < n; ++row) {
      const double factor = a[row][column] / a[column][column];
      for (size_t k = column; k < n; ++k) a[row][k] -= factor * a[column][k];
      b[row] -= factor * b[column];
    }
  }
  for (size_t row = n; row-- > 0;) {
    for (size_t k = row + 1; k < n; ++k) b[row] -= a[row][k] * b[k];
    b[row] /= a[row][row];
  }
  return b;
}

enum class Variant { bh1, bh2 };

/// B(h) of the paper, the variant's weight of all differences.
double difference_scale(Variant variant, double h) {
  return variant == Variant::bh1 ? -h : std::expm1(-h);
}

/// Weights of the differences at the places r, in steps of h from the start.
std::vector<double> difference_weights(const std::vector<double>& r, double h, Variant variant) {
  if (r.size() == 1) return {0.5};  // Parity: in place of the solution, in predictor and corrector
  std::vector<double> right;
  double g = std::expm1(-h) / -h - 1, factorial = 1;
  for (size_t j = 1; j <= r.size(); ++j) {
    factorial *= double(j);
    right.push_back(factorial * g / difference_scale(variant, h));
    g = g / -h - 1 / (factorial * double(j + 1));
  }
  return vandermonde_solution(r, right);
}

/// `past` newest first, its front being the start of the step; `arrival` is D at its end, where it is known.
Tensor step(const Tensor& x, const std::deque<Past>& past, double lambda, int order, Variant variant,
            const Tensor& arrival) {
  const double h = lambda - past[0].lambda;
  std::vector<double> r;
  std::vector<Tensor> differences;
  for (int k = 1; k < order; ++k) {
    r.push_back((past[k].lambda - past[0].lambda) / h);
    differences.push_back((past[k].denoised - past[0].denoised) / r.back());
  }
  if (arrival.defined()) {
    r.push_back(1);
    differences.push_back(arrival - past[0].denoised);
  }
  Tensor next = x * std::exp(-h) - past[0].denoised * std::expm1(-h);
  if (r.empty()) return next;
  const std::vector<double> weights = difference_weights(r, h, variant);
  for (size_t k = 0; k < r.size(); ++k) next = next - differences[k] * (weights[k] * difference_scale(variant, h));
  return next;
}

Tensor sample_variant(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options,
                      Variant variant) {
  const int most = options.order > 0 ? options.order : kOrder;
  const int steps = int(sigmas.size()) - 1;
  std::deque<Past> past;
  for (int i = 0; i < steps; ++i) {
    if (i == 0) past.push_front({-std::log(sigmas[0]), denoise(x, sigmas[0])});
    options.on_step({i, sigmas[i], x, past[0].denoised});
    const double lambda = -std::log(sigmas[i + 1]);
    const int order = std::min({i + 1, most, steps - i});
    const Tensor predicted = step(x, past, lambda, order, variant, {});
    if (i + 1 == steps) {  // no corrector: the denoised latent of the end is not asked for
      x = predicted;
      break;
    }
    const Tensor arrival = denoise(predicted, sigmas[i + 1]);
    x = step(x, past, lambda, order, variant, arrival);
    past.push_front({lambda, arrival});
    if (int(past.size()) > most) past.pop_back();
  }
  return sigmas.empty() ? x : x * input_scale(sigmas.back());
}

}  // namespace

Sigmas unipc_levels_below(const NoiseSchedule& schedule, double t, int steps) {
  const auto& alphas = schedule.alphas_cumprod();
  const double last = double(alphas.size()), start = (t + 1) / last;
  Sigmas sigmas;
  for (int i = 0; i <= steps; ++i) {
    // From the start to 1 / T in steps of equal length; ln(alpha) is linear between the table's 1/T, 2/T, ..., 1.
    const double place = std::max(0.0, (start + (1 / last - start) * i / steps) * last - 1);
    const size_t below = std::min(size_t(place), alphas.size() - 2);
    const double share = place - double(below);
    const double log_alpha = 0.5 * ((1 - share) * std::log(alphas[below]) + share * std::log(alphas[below + 1]));
    sigmas.push_back(float(std::sqrt(std::expm1(-2 * log_alpha))));
  }
  return sigmas;
}

Sigmas unipc_levels(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  return unipc_levels_below(schedule, schedule.timesteps() - 1, int(timestep_grid(schedule, n).size()));
}

Tensor sample_unipc(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  return sample_variant(denoise, x, sigmas, options, Variant::bh1);
}

Tensor sample_unipc_bh2(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  return sample_variant(denoise, x, sigmas, options, Variant::bh2);
}

}  // namespace darkroom::diffusion
