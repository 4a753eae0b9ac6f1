#include "train/lora_batch.h"

#include "base/error.h"
#include "base/log.h"
#include "train/denoising_loss.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

using diffusion::Prediction;

Tensor sigmas_of(const checkpoint::NoiseScheduleNumbers& numbers, bool zero_terminal_snr) {
  const diffusion::NoiseSchedule schedule({.curve = diffusion::beta_curve_named(numbers.beta_schedule),
                                           .beta_start = numbers.beta_start,
                                           .beta_end = numbers.beta_end,
                                           .timesteps = numbers.timesteps,
                                           .zero_terminal_snr = zero_terminal_snr});
  return at::tensor(at::ArrayRef<float>(schedule.sigmas().data(), schedule.sigmas().size()));
}

}  // namespace

DenoisingTask::DenoisingTask(const LoraTraining& options, const checkpoint::Checkpoint& model)
    : options_(options),
      unet_(*model.unet),
      prediction_(model.description.prediction == checkpoint::Prediction::v ? Prediction::v : Prediction::epsilon) {
  const std::string name = options.pretrained_model_name_or_path.string();
  require(
      !model.description.is_inpainting(), ErrorKind::unsupported,
      "LoRA training: \"{}\" is an inpainting model, and those are not trained; train on the model it was made from",
      name);
  require(!options.v_parameterization || prediction_ == Prediction::v, ErrorKind::invalid_request,
          "LoRA training: v_parameterization was said, but \"{}\" answers eps; leave it out", name);
  if (!options.v_parameterization && prediction_ == Prediction::v) log_info("\"{}\" answers v, so v is trained", name);
  check(options.loss, prediction_);
  const auto& schedule = model.description.noise_schedule;
  sigmas_ = sigmas_of(schedule, schedule.zero_terminal_snr || options.zero_terminal_snr);
  // Parity: all trainers take the weights' signal-to-noise ratios from the schedule as it was.
  weight_sigmas_ = sigmas_of(schedule, false);
}

LoraNoise DenoisingTask::noise_for(const Tensor& latents, at::Generator& draws) const {
  LoraNoise made;
  made.noise = training_noise(options_.noise, latents, draws);
  const int64_t last = sigmas_.size(0) - 1;
  const int64_t from = std::min(options_.min_timestep, last);
  const int64_t count = std::max<int64_t>(1, std::min(options_.max_timestep, last + 1) - from);
  made.timestep = at::empty({latents.size(0)}, at::kLong);
  auto t = made.timestep.accessor<int64_t, 1>();
  for (int64_t i = 0; i < t.size(0); ++i) t[i] = from + random_index(draws, count);
  made.added = made.noise;
  if (options_.ip_noise_gamma > 0) {
    const double strength = options_.ip_noise_gamma_random_strength ? random_unit(draws) : 1;
    made.added = made.noise + options_.ip_noise_gamma * strength * at::randn(latents.sizes(), draws);
  }
  return made;
}

DenoisingTask::Losses DenoisingTask::losses(const LoraBatch& batch, const LoraNoise& noise) const {
  const Tensor sigma = sigmas_.index({noise.timestep});
  const Tensor x_t = diffusion::noised_input(batch.latents, noise.added, sigma);
  const Tensor t = noise.timestep.to(at::kFloat);
  const Tensor predicted = unet_.forward(x_t, t, batch.conditioning).to(at::kFloat);
  const Tensor target = diffusion::target(prediction_, batch.latents, noise.noise, sigma);
  const Tensor per_picture = unweighted_loss(options_.loss, predicted, target, batch.mask, noise.timestep, sigma);
  const Tensor weight =
      batch.weight * timestep_weight(options_.loss, prediction_, weight_sigmas_.index({noise.timestep}));
  return {(per_picture * weight).mean(), per_picture.detach()};
}

prompt::PictureSizes told_sizes(const TrainingPicture& picture, const Crop& crop) {
  const PixelSize& bucket = picture.place.bucket;
  return {picture.original.height, picture.original.width, crop.top, crop.left, bucket.height, bucket.width};
}

}  // namespace darkroom::train
