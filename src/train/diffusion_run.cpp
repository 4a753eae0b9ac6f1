// Joint training of a text encoder and a UNet. The flow: pictures -> latents, once; then per step captions -> context,
// latents + noise -> UNet -> v-prediction loss.
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "checkpoint/load.h"
#include "checkpoint/save.h"
#include "diffusion/parameterization.h"
#include "train/captions.h"
#include "train/dataset.h"
#include "train/encoded_dataset.h"
#include "train/initialise.h"
#include "train/loop.h"
#include "train/loss.h"
#include "train/loss_by_quarter.h"
#include "train/lr_schedule.h"
#include "train/random.h"
#include "train/run.h"
#include "train/start_from.h"

namespace darkroom::train {
namespace {

std::string file_text(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What the trained folder will say of itself.
checkpoint::ModelDescription model_description(const DiffusionTraining& o, const models::VaeConfig& vae, int64_t size,
                                               int64_t vocabulary) {
  checkpoint::ModelDescription model;
  model.family = checkpoint::Family::sd1;
  model.prediction = checkpoint::Prediction::v;
  model.vae = vae;
  model.unet = {.in_channels = vae.latent_channels,
                .out_channels = vae.latent_channels,
                .channels = o.channels,
                .res_blocks = o.res_blocks,
                .depth = o.depth,
                .middle_depth = o.depth.back(),
                .heads = {},
                .context = o.text_width,
                .groups = o.groups};
  for (const int64_t channels : o.channels) model.unet.heads.push_back(std::max<int64_t>(1, channels / o.head_width));
  checkpoint::TextEncoderDescription text;
  text.config = {.vocabulary = vocabulary,
                 .width = o.text_width,
                 .inner = o.text_width * 4,
                 .layers = o.text_layers,
                 .heads = o.text_heads};
  text.tokenizer = checkpoint::TokenizerFiles{o.tokenizer, file_text(o.tokenizer / "vocab.json"),
                                              file_text(o.tokenizer / "merges.txt")};
  model.text_encoders = {text};
  model.sample_size = size / vae.reduction();
  model.recommended = {.width = int(size), .height = int(size), .steps = int(o.recommended_steps)};
  model.recommended.cfg_scale = o.recommended_cfg_scale;
  model.recommended.sampler = "DPM++ 2M";
  model.recommended.schedule = "Karras";
  return model;
}

struct Networks {
  std::unique_ptr<models::ClipText> text;
  std::unique_ptr<models::UNet> unet;
};

/// A run that goes on takes its weights from its state: what it started from need not be there any more.
Networks starting_networks(const DiffusionTraining& o, const checkpoint::ModelDescription& model, bool goes_on) {
  Networks networks{std::make_unique<models::ClipText>(model.text_encoders[0].config),
                    std::make_unique<models::UNet>(model.unet)};
  at::Generator generator = generator_for(o.run.seed, Purpose::initial_weights, 1);
  initialise(*networks.text, generator);
  initialise(*networks.unet, generator);
  if (!o.start_from.empty() && !goes_on) start_from(o.start_from, model, *networks.text, *networks.unet);
  return networks;
}

/// Picture indices of one epoch, each as often as it repeats.
std::vector<int64_t> repeated_indices(const Dataset& dataset) {
  std::vector<int64_t> indices;
  for (size_t i = 0; i < dataset.pictures.size(); ++i) indices.insert(indices.end(), dataset.pictures[i].repeats, i);
  require(!indices.empty(), ErrorKind::invalid_request, "start training: the dataset has no pictures to train");
  return indices;
}

/// min(snr + 1, gamma + 1) / (snr + 1) with snr = 1 / sigma²: the v-prediction form of min-SNR (arXiv 2303.09556).
Tensor min_snr_weight(const Tensor& sigma, double gamma) {
  const Tensor snr = sigma.square().reciprocal();
  return (snr + 1).clamp_max(gamma + 1) / (snr + 1);
}

}  // namespace

void run_diffusion_training(const DiffusionTraining& options, const std::string& resolved, const Progress& progress) {
  const RunConfig& run = options.run;
  const Dataset dataset = read_dataset(options.dataset);
  const prompt::Tokenizer tokenizer = prompt::Tokenizer::from_folder(options.tokenizer);
  const auto vae = checkpoint::load_vae(options.vae, /*scale=*/1.0);
  checkpoint::ModelDescription model = model_description(options, vae->config, dataset.size, tokenizer.size());
  const auto saved = find_saved_state(run.output_dir);
  Networks networks = starting_networks(options, model, saved.has_value());
  const int64_t positions = networks.text->config.positions;

  TrainingState state(run, {whole_networks({{"text_encoder", networks.text.get()}, {"unet", networks.unet.get()}})});
  if (saved) state.load(*saved);
  TrainingLog log(run.output_dir, state.steps_done(), run.steps, progress);
  const std::vector<int64_t> indices = repeated_indices(dataset);
  const diffusion::NoiseSchedule schedule;
  const auto& levels = schedule.sigmas();
  const Tensor sigmas = at::tensor(at::ArrayRef<float>(levels.data(), levels.size()));
  const Tensor latents = state.steps_done() < run.steps
                             ? encoded_dataset(*vae, dataset, run.output_dir, log, state.steps_done())
                             : Tensor();

  const auto loss = [&](int64_t step, int64_t) {
    at::Generator draws = generator_for(run.seed, Purpose::batch, step);
    std::vector<Tensor> chosen;
    std::vector<std::string> captions;
    for (const int64_t place : batch_indices(run.seed, step, run.batch_size, int64_t(indices.size()))) {
      const auto& lines = dataset.pictures[indices[place]].captions;
      const std::string& line = lines[random_index(draws, int64_t(lines.size()))];
      captions.push_back(random_unit(draws) < options.caption_dropout ? "" : line);
      chosen.push_back(latents[indices[place]]);
    }
    const bool full_length = random_unit(draws) < options.full_length_share;
    const Tensor ids = caption_ids(tokenizer, captions, full_length ? positions : options.caption_tokens);
    const Tensor x0 = at::stack(chosen);
    const Tensor t = stratified_timesteps(x0.size(0), schedule.timesteps(), draws);
    const Tensor noise = at::randn(x0.sizes(), draws);
    const Tensor sigma = sigmas.index({t});

    const models::Conditioning conditioning{networks.text->normed(networks.text->hidden_state(ids, 0)), {}};
    const Tensor x_t = diffusion::noised_input(x0, noise, sigma);
    const Tensor predicted = networks.unet->forward(x_t, t.to(at::kFloat), conditioning).to(at::kFloat);
    const Tensor error = predicted - diffusion::target(diffusion::Prediction::v, x0, noise, sigma);
    const Tensor per_picture = error.square().mean({1, 2, 3});
    return StepLoss{(per_picture * min_snr_weight(sigma, options.min_snr)).mean(),
                    loss_by_quarter(per_picture.detach(), t.to(at::kFloat))};
  };
  run_loop(run, resolved, state, log,
           {.loss = loss, .learning_rate = [&](int64_t step) { return learning_rate(run, step); }});

  state.exchange_with_average();
  networks.text->require_gradients(false);
  networks.unet->require_gradients(false);
  checkpoint::save_diffusers_folder({model, {networks.text.get()}, networks.unet.get(), vae.get()},
                                    run.output_dir / "model");
}

}  // namespace darkroom::train
