// Training of the VAE. The flow: cut-outs over random colours -> random crops -> encode, sample, decode -> loss.
#include "base/error.h"
#include "checkpoint/save.h"
#include "train/initialise.h"
#include "train/loop.h"
#include "train/loss.h"
#include "train/lr_schedule.h"
#include "train/pictures.h"
#include "train/random.h"
#include "train/run.h"

namespace darkroom::train {
namespace {

models::VaeConfig vae_config(const VaeTraining& options) {
  models::VaeConfig config;
  config.channels = options.channels;
  config.res_blocks = options.res_blocks;
  config.groups = options.groups;
  config.scale = 1;
  return config;
}

/// Full validation pictures over fixed random colours, the same at every call: [N, 3, S, S].
Tensor validation_pictures(const Cutouts& cutouts, uint64_t seed) {
  at::Generator generator = generator_for(seed, Purpose::validation, 0);
  std::vector<Tensor> pictures;
  for (int64_t i = 0; i < cutouts.size(); ++i)
    pictures.push_back(cutouts.over_colour(i, random_colour(0.25, generator)));
  return at::stack(pictures);
}

double validation_psnr(const models::AutoencoderKL& vae, const Tensor& pictures) {
  NoGrad guard;
  double sum = 0;
  for (const Tensor& batch : pictures.split(16)) {
    sum += mean_psnr(batch, vae.decode(vae.encode(batch).mean)) * double(batch.size(0));
  }
  return sum / double(pictures.size(0));
}

/// 1 / standard deviation of the latents: with it the UNet sees values of unit scale.
double latent_scale(const models::AutoencoderKL& vae, const Cutouts& cutouts, uint64_t seed) {
  NoGrad guard;
  at::Generator generator = generator_for(seed, Purpose::validation, 1);
  std::vector<Tensor> latents;
  for (int batch = 0; batch < 16; ++batch) {
    std::vector<Tensor> pictures;
    for (int i = 0; i < 32; ++i) {
      const int64_t index = random_index(generator, cutouts.size());
      pictures.push_back(cutouts.over_colour(index, random_colour(0.15, generator)));
    }
    latents.push_back(vae.encode(at::stack(pictures)).mean);
  }
  return 1.0 / at::cat(latents).std().item<double>();
}

}  // namespace

void run_vae_training(const VaeTraining& options, const std::string& resolved, const Progress& progress) {
  const RunConfig& run = options.run;
  const Dataset dataset = read_dataset(options.dataset);
  require(options.crop >= 16 && options.crop <= dataset.size && options.crop % 8 == 0, ErrorKind::invalid_request,
          "start VAE training: crop must be a multiple of 8 in 16..{}, found {}", dataset.size, options.crop);
  const Cutouts training(dataset, false), validation(dataset, true);
  const Tensor held_out = validation_pictures(validation, run.seed);

  models::AutoencoderKL vae(vae_config(options));
  at::Generator generator = generator_for(run.seed, Purpose::initial_weights, 0);
  initialise(vae, generator);
  TrainingState state(run, {whole_networks({{"vae", &vae}})});
  if (const auto saved = find_saved_state(run.output_dir)) state.load(*saved);
  TrainingLog log(run.output_dir, state.steps_done(), run.steps, progress);

  const auto loss = [&](int64_t step, int64_t) {
    at::Generator draws = generator_for(run.seed, Purpose::batch, step);
    const Tensor picture = training.random_crops(run.batch_size, options.crop, options.white_background, draws);
    const models::Posterior posterior = vae.encode(picture);
    const Tensor noise = at::randn(posterior.mean.sizes(), draws);
    const Tensor latent = posterior.mean + (0.5 * posterior.log_variance).exp() * noise;
    return StepLoss{vae_loss(options, picture, vae.decode(latent).to(at::kFloat), posterior), {}};
  };
  const auto validate = [&](int64_t done) {
    if (done % options.validate_every_n_steps != 0 && done != run.steps) return;
    state.exchange_with_average();
    const double psnr = validation_psnr(vae, held_out);
    state.exchange_with_average();
    log.add(done, {{"validation_psnr", psnr}});
    log.report("training", done, fmt::format("validation PSNR {:.2f} dB", psnr));
  };
  run_loop(
      run, resolved, state, log,
      {.loss = loss, .learning_rate = [&](int64_t step) { return learning_rate(run, step); }, .after_step = validate});

  state.exchange_with_average();
  vae.config.scale = latent_scale(vae, training, run.seed);
  vae.require_gradients(false);
  checkpoint::save_vae(vae, run.output_dir / "vae");
}

}  // namespace darkroom::train
