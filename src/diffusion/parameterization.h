// What a network's output means, once for sampling (denoised) and for training (target).
// Source of truth: k-diffusion, external.py; "Progressive Distillation" (Salimans & Ho 2022) for v.
//
// Two scalings of one noisy latent: samplers hold x = x0 + sigma * noise; the network sees, and training makes,
// x_t = sqrt(alphas_cumprod) * x0 + sqrt(1 - alphas_cumprod) * noise = x * input_scale(sigma).
#pragma once

#include <functional>
#include <string_view>

#include "base/tensor.h"
#include "diffusion/denoiser.h"
#include "diffusion/noise_schedule.h"

namespace darkroom::diffusion {

/// epsilon: the noise. v: sqrt(alphas_cumprod) * noise - sqrt(1 - alphas_cumprod) * x0. sample: x0 itself.
enum class Prediction { epsilon, v, sample };

/// By diffusers' prediction_type ("epsilon", "v_prediction", "sample"). Throws Error{invalid_request}.
Prediction prediction_named(std::string_view name);
/// The inverse of prediction_named.
std::string_view prediction_name(Prediction prediction);

/// c_in: x * input_scale(sigma) has the variance the network was trained on; equals sqrt(alphas_cumprod).
double input_scale(double sigma);

/// x0 as `output` describes it. `output` is converted to x's dtype first; x is in the samplers' scaling.
Tensor denoised(Prediction prediction, const Tensor& output, const Tensor& x, double sigma);

/// What `output` was: the inverse of denoised(). Requires sigma > 0, except for a prediction of the sample.
Tensor network_output(Prediction prediction, const Tensor& denoised, const Tensor& x, double sigma);

/// x_t for training. x0 and noise [B,...]; sigma [B], one level per image, of the same dtype.
Tensor noised_input(const Tensor& x0, const Tensor& noise, const Tensor& sigma);

/// What the network should answer to noised_input(x0, noise, sigma). Shapes as there.
Tensor target(Prediction prediction, const Tensor& x0, const Tensor& noise, const Tensor& sigma);

/// A network without its conditioning: x_t [B,C,H,W] float32 and t [B] float32 (may be fractional) -> output [B,C,H,W].
using Network = std::function<Tensor(const Tensor& x, const Tensor& t)>;

/// fractional: t interpolated between training timesteps; nearest: t rounded to one (A1111's "enable quantization").
enum class TimestepRounding { fractional, nearest };

/// The Denoiser of a network: scales x, looks up t, and reads the output. Holds copies of its arguments.
Denoiser network_denoiser(Network network, const NoiseSchedule& schedule, Prediction prediction,
                          TimestepRounding rounding = TimestepRounding::fractional);

}  // namespace darkroom::diffusion
