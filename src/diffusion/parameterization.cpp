#include "diffusion/parameterization.h"

#include <cmath>
#include <utility>

#include "base/error.h"

namespace darkroom::diffusion {
namespace {

/// [B] -> [B,1,...], to multiply with a tensor of `like`'s rank.
Tensor per_image(const Tensor& values, const Tensor& like) {
  TORCH_CHECK(values.dim() == 1 && values.size(0) == like.size(0), "one noise level per image: expected [",
              like.size(0), "], got ", values.sizes());
  std::vector<int64_t> shape(like.dim(), 1);
  shape[0] = values.size(0);
  return values.reshape(shape);
}

}  // namespace

Prediction prediction_named(std::string_view name) {
  for (const Prediction prediction : {Prediction::epsilon, Prediction::v, Prediction::sample}) {
    if (name == prediction_name(prediction)) return prediction;
  }
  fail(ErrorKind::invalid_request,
       "read what the network predicts: it must be \"epsilon\", \"v_prediction\" or \"sample\", but is \"{:.80}\"",
       name);
}

std::string_view prediction_name(Prediction prediction) {
  switch (prediction) {
    case Prediction::epsilon:
      return "epsilon";
    case Prediction::v:
      return "v_prediction";
    case Prediction::sample:
      return "sample";
  }
  fail(ErrorKind::internal, "name a prediction: unknown value {}", int(prediction));
}

double input_scale(double sigma) {
  return 1 / std::sqrt(sigma * sigma + 1);
}

Tensor denoised(Prediction prediction, const Tensor& output, const Tensor& x, double sigma) {
  const Tensor read = output.to(x.scalar_type());
  const double scale = input_scale(sigma);
  switch (prediction) {
    case Prediction::epsilon:
      return x - read * sigma;
    case Prediction::v:
      return x * (scale * scale) - read * (sigma * scale);
    case Prediction::sample:
      return read;
  }
  fail(ErrorKind::internal, "read a network's output: unknown prediction {}", int(prediction));
}

Tensor network_output(Prediction prediction, const Tensor& denoised, const Tensor& x, double sigma) {
  const double scale = input_scale(sigma);
  switch (prediction) {
    case Prediction::epsilon:
      return (x - denoised) / sigma;
    case Prediction::v:
      return (x * (scale * scale) - denoised) / (sigma * scale);
    case Prediction::sample:
      return denoised;
  }
  fail(ErrorKind::internal, "find a network's output: unknown prediction {}", int(prediction));
}

Tensor noised_input(const Tensor& x0, const Tensor& noise, const Tensor& sigma) {
  const Tensor level = per_image(sigma, x0);
  return (x0 + noise * level) * (level * level + 1).rsqrt();
}

Tensor target(Prediction prediction, const Tensor& x0, const Tensor& noise, const Tensor& sigma) {
  switch (prediction) {
    case Prediction::epsilon:
      return noise;
    case Prediction::v: {
      const Tensor level = per_image(sigma, x0);
      return (noise - x0 * level) * (level * level + 1).rsqrt();
    }
    case Prediction::sample:
      return x0;
  }
  fail(ErrorKind::internal, "make a training target: unknown prediction {}", int(prediction));
}

Denoiser network_denoiser(Network network, const NoiseSchedule& schedule, Prediction prediction,
                          TimestepRounding rounding) {
  return [network = std::move(network), schedule, prediction, rounding](const Tensor& x, double sigma) {
    const double t = rounding == TimestepRounding::nearest ? schedule.nearest_t(sigma) : schedule.t(sigma);
    const Tensor output = network(x * input_scale(sigma), at::full({x.size(0)}, t, x.options().dtype(at::kFloat)));
    return denoised(prediction, output, x, sigma);
  };
}

}  // namespace darkroom::diffusion
