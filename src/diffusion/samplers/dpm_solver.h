// DPM-Solver's single steps (Lu et al. 2022, algorithms 1 and 2), which DPM fast and DPM adaptive put together.
// Follows k-diffusion, DPMSolver: time is t = -ln(sigma), eps the noise that a latent is said to hold.
#pragma once

#include "diffusion/samplers.h"

namespace darkroom::diffusion {

/// t in float32, as the reference walks: DPM adaptive's first error estimates are rounding noise and set its steps.
float solver_time(double sigma);
double solver_level(float t);

/// The step from x at time s towards others; its denoiser calls are made once and shared by all orders.
class DpmSolverStep {
 public:
  /// Calls the denoiser at (x, s). Keeps references to its arguments.
  DpmSolverStep(const Denoiser& denoise, const Tensor& x, float s);

  const Tensor& denoised() const { return denoised_; }
  /// The states at time t > s: of first order; of second, with a stage at the share r of the way; of third, with stages
  /// at 1/3 and 2/3 of the way. Calls for another t are a mistake once a stage was computed.
  Tensor first_order(float t) const;
  Tensor second_order(float t, float r);
  Tensor third_order(float t);

 private:
  Tensor eps_at(const Tensor& x, float t) const;
  /// eps at the share r of the way to t, reached in a step of first order.
  const Tensor& stage(float t, float r);

  const Denoiser& denoise_;
  const Tensor& x_;
  float s_;
  Tensor denoised_, eps_, stage_;
};

/// The last step of a run that does not stop at the lowest positive level: the denoised latent there. `index`: of the
/// step, for the event.
Tensor denoised_at_lowest(const Denoiser& denoise, const Tensor& x, const Sigmas& sigmas, int index,
                          const SampleOptions& options);

/// Where an interval of a stochastic run aims: below `to`, so that noise of deviation `up` leads up to it again.
struct AncestralTimes {
  float down;
  double up;
};
/// Never aims below `end`. With eta 0 it aims at `to` itself.
AncestralTimes ancestral_times(float from, float to, float end, double eta);

}  // namespace darkroom::diffusion
