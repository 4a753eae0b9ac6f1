#include "train/validation.h"

#include <algorithm>
#include <array>

#include "train/caption_rules.h"
#include "train/loop.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

/// Where the loss is measured: evenly between the timesteps that are trained. Of all of them 200, 400, 600, 800.
std::array<int64_t, 4> validation_timesteps(const LoraTraining& o) {
  std::array<int64_t, 4> all{};
  for (int64_t i = 0; i < 4; ++i) all[size_t(i)] = o.min_timestep + (o.max_timestep - o.min_timestep) * (i + 1) / 5;
  return all;
}

}  // namespace

bool validates_at_step(const LoraTraining& o, int64_t done) {
  return o.validate_every_n_steps > 0 && done % o.validate_every_n_steps == 0;
}

bool validates_after_epoch(const LoraTraining& o, int64_t epoch) {
  const bool is_said = o.validate_every_n_epochs > 0 || o.validate_every_n_steps == 0;
  return is_said && epoch % std::max<int64_t>(1, o.validate_every_n_epochs) == 0;
}

double validation_loss(const LoraTraining& o, const TrainingSet& set, const PictureLatents& latents,
                       const CaptionEncoder& captions, const DenoisingTask& task) {
  NoGrad guard;
  // As steps compute: a caption that is read here first is remembered, and a step must not find another one.
  MixedPrecision mixed(o.run.mixed_precision);
  double sum = 0;
  int64_t count = 0;
  const size_t most = size_t(o.max_validation_steps * set.largest_batch());
  for (size_t i = 0; i < set.validation.size() && (most == 0 || i < most); ++i) {
    const TrainingPicture& picture = set.validation[i];
    const PictureLatents::Use use = latents.plain_use(int64_t(i));
    LoraBatch batch;
    batch.latents = use.latents.unsqueeze(0);
    if (use.mask.defined()) batch.mask = use.mask.unsqueeze(0);
    batch.weight = at::ones({1});
    at::Generator choices = generator_for(o.run.seed, Purpose::validation, i * 1000);
    batch.conditioning = captions.encode({measured_caption(picture.options->captions, picture.caption, choices)},
                                         {told_sizes(picture, use.crop)});
    for (const int64_t t : validation_timesteps(o)) {
      at::Generator draws = generator_for(o.run.seed, Purpose::validation, i * 1000 + uint64_t(t));
      const Tensor noise = at::randn(batch.latents.sizes(), draws);
      sum += task.losses(batch, {noise, noise, at::full({1}, t, at::kLong)}).mean.item<double>();
      ++count;
    }
  }
  return sum / double(count);
}

}  // namespace darkroom::train
