// Denoisers in closed form, and what is known exactly about them: samplers need no network to be tested.
#pragma once

#include <cmath>
#include <vector>

#include "diffusion/golden.h"
#include "diffusion/run_noise.h"

namespace darkroom::diffusion {

inline std::vector<double> doubles(const Tensor& tensor) {
  const Tensor flat = tensor.to(at::kDouble).contiguous().flatten();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

/// Data N(0, 1): every sampler is linear in x and in its noise.
inline Tensor gaussian_denoised(const Tensor& x, double sigma) {
  return x / (1 + sigma * sigma);
}

/// The denoiser of samplers.json.
inline Tensor golden_denoised(const Tensor& x, double sigma) {
  const double v = 0.25 + sigma * sigma;
  return (x * 0.25 + at::tanh(x / v) * (sigma * sigma)) / v;
}

/// One run of samplers.json, by its name there: our result must be the reference's, with as many calls.
inline void expect_golden_run(const std::string& run_name, const std::string& sampler, SampleOptions options = {},
                              double tolerance = 2e-5) {
  const nlohmann::json& file = golden("samplers.json");
  for (const nlohmann::json& run : file.at("runs")) {
    if (run.at("sampler") != run_name) continue;
    const SamplerChoice choice = choose_sampler(
        sampler, run.contains("schedule") && run["schedule"].is_string() ? run["schedule"].get<std::string>() : "",
        profile_named("a1111-1.10"));
    const Sigmas sigmas = run_sigmas(choice, NoiseSchedule(), run.at("steps"));
    RunNoise noise(choice.sampler, NoiseKind::reference, options.eta, {42, 43}, {4, 4, 4}, sigmas);
    options.noise = noise.source();
    options.solvers_end_at_lowest = true;
    int calls = 0, events = 0, last_index = -1;
    options.on_step = [&](const StepEvent& event) {
      EXPECT_GE(event.index, last_index);
      last_index = event.index;
      ++events;
    };
    const auto counted = [&](const Tensor& x, double sigma) { return ++calls, golden_denoised(x, sigma); };
    const Tensor result = choice.sampler.sample(counted, noise.first() * start_scale(choice, sigmas), sigmas, options);
    EXPECT_EQ(calls, run.at("calls").get<int>());
    if (!choice.sampler.chooses_steps) {
      EXPECT_EQ(events, int(sigmas.size()) - 1);
    }
    EXPECT_LT(last_index, run.at("steps").get<int>());
    EXPECT_EQ(result.scalar_type(), at::kFloat);
    const Tensor expected = at::tensor(floats(run.at("result"))).view({2, 4, 4, 4});
    EXPECT_LE(largest_difference(result, expected), tolerance);  // the file's own tolerance is 2e-4
    return;
  }
  ADD_FAILURE() << "samplers.json has no run " << run_name;
}

/// Variance of what a sampler makes of Gaussian noise of deviation sigma_max, on data N(0, 1), over karras levels.
/// Exact: one element answers to the start, one to the noise of each step.
inline double final_variance(Sampler sample, int n) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
  const Tensor responses = at::eye(n + 1, at::kDouble);
  SampleOptions options;
  int draws = 0;
  options.noise = [&](double, double) { return responses[++draws]; };
  return sample(gaussian_denoised, responses[0] * sigmas[0], sigmas, options).square().sum().item<double>();
}

/// A mixture of three Gaussians in one dimension. Its exact flow keeps the order of points: the quantile map.
struct Mixture {
  static constexpr double kWeight[3] = {0.3, 0.5, 0.2}, kMean[3] = {-1.5, 0.2, 1.8}, kDeviation[3] = {0.25, 0.4, 0.15};

  static Tensor denoised(const Tensor& x, double sigma) {
    std::vector<Tensor> log_density, mean;
    for (int k = 0; k < 3; ++k) {
      const double data = kDeviation[k] * kDeviation[k], variance = data + sigma * sigma;
      log_density.push_back(-(x - kMean[k]).square() / (2 * variance) + std::log(kWeight[k] / std::sqrt(variance)));
      mean.push_back(kMean[k] + (x - kMean[k]) * (data / variance));
    }
    return (at::softmax(at::stack(log_density), 0) * at::stack(mean)).sum(0);
  }

  /// Share of the mixture, with noise of level sigma, below x (or above it, which stays exact in the upper tail).
  static double share(double x, double sigma, bool above) {
    double sum = 0;
    for (int k = 0; k < 3; ++k) {
      const double z = (x - kMean[k]) / std::sqrt(kDeviation[k] * kDeviation[k] + sigma * sigma);
      sum += kWeight[k] * 0.5 * std::erfc((above ? z : -z) / std::sqrt(2.0));
    }
    return sum;
  }

  /// Where the exact flow takes x from level `from` to level `to`.
  static double flowed(double x, double from, double to) {
    const bool above = x > 0.2;
    const double wanted = share(x, from, above);
    double low = -100, high = 100;
    for (int i = 0; i < 200; ++i) {
      const double middle = (low + high) / 2;
      ((share(middle, to, above) < wanted) != above ? low : high) = middle;
    }
    return low;
  }
};

/// Root mean square distance of `end`, in which `begin` ended, to the exact flow.
inline double flow_distance(const Tensor& begin, const Tensor& end, double from, double to) {
  const std::vector<double> starts = doubles(begin), ends = doubles(end);
  double sum = 0;
  for (size_t j = 0; j < ends.size(); ++j) sum += std::pow(ends[j] - Mixture::flowed(starts[j], from, to), 2);
  return std::sqrt(sum / double(ends.size()));
}

/// Root mean square distance to the exact flow at sigma_min of 16 points that start at sigma_max * (-1.875 .. 1.875).
inline double flow_error(Sampler sample, int n, SampleOptions options = {}) {
  Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
  sigmas.pop_back();
  const Tensor start = (at::arange(16, at::kDouble) + 0.5) / 4 - 2;
  options.noise = [&](double, double) { return at::zeros_like(start); };
  const Tensor begin = start * sigmas[0];
  return flow_distance(begin, sample(Mixture::denoised, begin, sigmas, options), sigmas[0], sigmas.back());
}

}  // namespace darkroom::diffusion
