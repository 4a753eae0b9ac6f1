#include "diffusion/samplers/dpm_solver.h"

#include "diffusion/float32.h"
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {
namespace {

float level(float t) {
  return float32_exp(-t);
}

float expm1(float h) {
  return float(std::expm1(double(h)));
}

}  // namespace

float solver_time(double sigma) {
  return -float32_log(float(sigma));
}

double solver_level(float t) {
  return level(t);
}

DpmSolverStep::DpmSolverStep(const Denoiser& denoise, const Tensor& x, float s)
    : denoise_(denoise), x_(x), s_(s), denoised_(denoise(x, solver_level(s))) {
  eps_ = to_d(x, solver_level(s), denoised_);
}

Tensor DpmSolverStep::eps_at(const Tensor& x, float t) const {
  return to_d(x, solver_level(t), denoise_(x, solver_level(t)));
}

// Parity: the reference's coefficients are float32 tensors, rounded at every operation; DPM adaptive's first steps
// depend on it.
Tensor DpmSolverStep::first_order(float t) const {
  return x_ - eps_ * (level(t) * expm1(t - s_));
}

const Tensor& DpmSolverStep::stage(float t, float r) {
  if (!stage_.defined()) {
    const float h = r * (t - s_), middle = s_ + h;
    stage_ = eps_at(x_ - eps_ * (level(middle) * expm1(h)), middle);
  }
  return stage_;
}

Tensor DpmSolverStep::second_order(float t, float r) {
  const float growth = expm1(t - s_), beyond = level(t) / (2 * r);
  return x_ - eps_ * (level(t) * growth) - (stage(t, r) - eps_) * (beyond * growth);
}

Tensor DpmSolverStep::third_order(float t) {
  constexpr float r1 = 1.0f / 3, r2 = 2.0f / 3;
  const float h = t - s_, h2 = r2 * h, s2 = s_ + h2;
  const Tensor difference = stage(t, r1) - eps_;
  const float curve = expm1(h2) / h2 - 1;
  const Tensor u2 = x_ - eps_ * (level(s2) * expm1(h2)) - difference * (level(s2) * 2 * curve);
  const Tensor eps_2 = eps_at(u2, s2);
  const float beyond = level(t) / r2, bend = expm1(h) / h - 1;
  return x_ - eps_ * (level(t) * expm1(h)) - (eps_2 - eps_) * (beyond * bend);
}

Tensor denoised_at_lowest(const Denoiser& denoise, const Tensor& x, const Sigmas& sigmas, int index,
                          const SampleOptions& options) {
  const double lowest = lowest_level(sigmas);
  const Tensor denoised = denoise(x, lowest);
  options.on_step({index, lowest, x, denoised});
  return denoised;
}

AncestralTimes ancestral_times(float from, float to, float end, double eta) {
  if (eta == 0) return {to, 0};
  const double next = solver_level(to);
  const AncestralStep step = ancestral_step(solver_level(from), next, eta);
  // ln(0) is beyond every end.
  const float down = step.down > 0 ? std::min(end, solver_time(step.down)) : end;
  const double low = solver_level(down);
  return {down, std::sqrt(std::max(0.0, next * next - low * low))};
}

}  // namespace darkroom::diffusion
