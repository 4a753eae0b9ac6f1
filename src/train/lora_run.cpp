// The flow: folders -> pictures in buckets -> latents, once; then per step captions -> text encoder -> UNet beside the
// LoRA -> loss. Files, curves and sample pictures as it goes. What is trained, a LoRA or the model itself, is behind
// trained_weights.h.
#include "train/lora_run.h"

#include <ATen/Parallel.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/mapped_weights.h"
#include "formats/atomic_file.h"
#include "formats/sha256.h"
#include "layers/checkpointing.h"
#include "layers/tensor_memory.h"
#include "train/base_weights.h"
#include "train/caption_rules.h"
#include "train/config.h"
#include "train/loop.h"
#include "train/lora_batch.h"
#include "train/lora_effects.h"
#include "train/lora_files.h"
#include "train/lora_log.h"
#include "train/lora_metadata.h"
#include "train/lora_ranks.h"
#include "train/lora_record.h"
#include "train/lora_steps.h"
#include "train/loss_by_quarter.h"
#include "train/memory_need.h"
#include "train/random.h"
#include "train/run_facts.h"
#include "train/run_record.h"
#include "train/trained_weights.h"
#include "train/validation.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;

constexpr double kHighRateOfWeights = 5e-5;

/// The averaged weights are those of the networks while it lives.
class AverageInPlace {
 public:
  explicit AverageInPlace(TrainingState& state) : state_(state) { state_.exchange_with_average(); }
  ~AverageInPlace() { state_.exchange_with_average(); }
  AverageInPlace(const AverageInPlace&) = delete;
  AverageInPlace& operator=(const AverageInPlace&) = delete;

 private:
  TrainingState& state_;
};

class LoraRun {
 public:
  LoraRun(const LoraTraining& options, const std::string& resolved, const Progress& progress, const LoraHooks& hooks);
  ~LoraRun() { layers::set_checkpointing(false); }
  void run();
  LoraPlan plan(bool probes);

 private:
  LoraPlan::Probe probe();
  void reads_pictures(const char* stage, int64_t done, int64_t all) const;
  bool load_state();  ///< of a run that was stopped, if there is one; whether there is
  void open_logs(bool is_continued);
  void encode_pictures();
  LoraBatch batch_of(const std::vector<int64_t>& pictures, int64_t number, int64_t epoch, int64_t step) const;
  StepLoss loss(int64_t step, int64_t part);
  StepLoss loss_of(const std::vector<int64_t>& pictures, int64_t number, int64_t epoch, int64_t step);
  void remember_batch(const std::vector<int64_t>& pictures, const LoraBatch& batch, const LoraNoise& noise);
  void after_step(int64_t done);
  void validate(int64_t done);
  void save_files(int64_t done, bool is_wished);
  void save(const fs::path& file, int64_t steps_done);
  void note_rate(int64_t done);
  void warn(const std::string& words);
  void make_samples(int64_t steps_done, const std::string& name);
  std::vector<LoraLog::Rate> rates(int64_t step) const;
  int64_t epochs_done(int64_t steps_done) const {
    return (steps_done + steps_.steps_per_epoch - 1) / steps_.steps_per_epoch;
  }

  LoraTraining o_;
  const Progress& progress_;
  const LoraHooks& hooks_;
  checkpoint::Checkpoint model_;
  TrainingSet set_;
  LoraSteps steps_;
  LrSchedule schedule_;
  int64_t machine_memory_;
  MemoryNeed need_;
  std::unique_ptr<TrainedWeights> trained_;
  TrainedGroups groups_;
  TrainingState state_;
  DenoisingTask task_;
  CaptionEncoder captions_;
  std::string resolved_, record_, model_hash_;
  std::unique_ptr<PictureLatents> latents_, validation_latents_;
  std::unique_ptr<TrainingLog> log_;
  std::unique_ptr<LoraLog> curves_;
  LoraFiles files_;
  // Of the step being done.
  std::vector<std::vector<int64_t>> batches_;  // of epoch batches_epoch_
  int64_t batches_epoch_ = -1;
  double step_loss_ = 0;
  Scalars step_details_;
  std::optional<LoraNetwork::Norms> norms_;
  std::vector<BatchPicture> last_batch_;
  std::optional<double> first_step_size_;  // before the first step; nothing once it has moved, or was never looked for
  std::optional<double> validation_;       // the last
};

checkpoint::Checkpoint loaded_model(const LoraTraining& o) {
  checkpoint::LoadOptions load;
  load.vae = o.vae;
  load.keep_half = true;  // what is trained is converted to what it is trained in
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(o.pretrained_model_name_or_path, load);
  merge_base_weights(o, model);
  return model;
}

int64_t bytes_of(const layers::Module& network) {
  int64_t bytes = 0;
  for (const Tensor& weight : network.parameters()) bytes += int64_t(weight.nbytes());
  return bytes;
}

/// What is said in epochs, in steps.
RunConfig run_of(const LoraTraining& o, const LoraSteps& steps) {
  RunConfig run = o.run;
  run.steps = steps.steps;
  run.keep_states_of_last_steps =
      std::max(o.save_last_n_steps_state, o.save_last_n_epochs_state * steps.steps_per_epoch);
  return run;
}

/// Before what is trained is made: of a model's own weights that is most.
MemoryNeed checked_need(const LoraTraining& o, const checkpoint::Checkpoint& model, const TrainingSet& set,
                        int64_t machine) {
  MemoryNeed need;
  int64_t trained = 0;
  const auto add = [&](layers::Module& network, bool is_trained) {
    if (is_trained)
      trained += network.parameter_count();
    else
      need.model += bytes_of(network);
  };
  add(*model.unet, o.trains_the_model() && o.network.unet);
  for (size_t i = 0; i < model.text_encoders.size(); ++i)
    add(*model.text_encoders[i], o.trains_the_model() && o.network.trains_text(i));
  add(*model.vae, false);
  need.kept = bytes_to_train(trained, o.run);
  for (const TrainingBucket& bucket : set.buckets)
    need.step = std::max(need.step, bytes_of_step(*model.unet, bucket.size, bucket.batch_size, o));
  require_memory(need, machine, o);
  return need;
}

LoraRun::LoraRun(const LoraTraining& options, const std::string& resolved, const Progress& progress,
                 const LoraHooks& hooks)
    : o_(with_ranks_of_file(options)),
      progress_(progress),
      hooks_(hooks),
      model_(loaded_model(options)),
      set_(read_training_set(options,
                             [&](int64_t done, int64_t all) { reads_pictures("reading pictures", done, all); })),
      steps_(steps_of(options, set_)),
      schedule_(lr_schedule_of(options, steps_.steps)),
      machine_memory_(hooks.machine_memory > 0 ? hooks.machine_memory : usable_memory()),
      need_(checked_need(options, model_, set_, machine_memory_)),
      trained_(trained_weights(o_, model_)),
      groups_(trained_->groups()),
      state_(run_of(options, steps_), groups_.groups),
      task_(o_, model_),
      captions_(model_, {.max_tokens = o_.max_token_length,
                         .clip_skip = o_.clip_skip,
                         .remembers = !o_.network.text_encoder,
                         .has_weights = o_.weighted_captions}),
      resolved_(resolved),
      files_(o_, steps_.epochs) {
  o_.run = run_of(o_, steps_);
  need_.kept = groups_.bytes() + state_.bytes();
  require_memory(need_, machine_memory_, o_);
  layers::set_checkpointing(o_.gradient_checkpointing);
  model_hash_ = formats::sha256_of_model(o_.pretrained_model_name_or_path);
  record_ = lora_record(resolved, model_hash_, o_, set_) + fmt::format("threads = {}\n", at::get_num_threads());
}

void LoraRun::reads_pictures(const char* stage, int64_t done, int64_t all) const {
  progress_({stage, int(done), int(all), ""});
}

bool LoraRun::load_state() {
  const auto saved = state_to_continue(o_.run.output_dir, o_.resume);
  if (!saved) return false;
  // A state of an earlier program does not say options that came later: it was made with their defaults.
  const std::string before =
      resolved_toml(LoraTraining()) + unsaid_by_earlier_programs(saved->options, record_) + saved->options;
  require_same_run(saved->file, before, record_, may_differ_when_continued);
  require(saved->steps_done <= steps_.steps, ErrorKind::invalid_request,
          "resume from \"{}\": {} steps are done and the run is to have {}; say at least as many, or resume from an "
          "earlier state",
          saved->file.string(), saved->steps_done, steps_.steps);
  const auto replanned = differences(
      before, record_, [](const std::string& name) { return name != "max_train_steps" && name != "max_train_epochs"; });
  if (!replanned.empty())
    log_info("the learning rate's way is planned anew over {} steps ({})", steps_.steps, fmt::join(replanned, "; "));
  const auto threads = differences(before, record_, [](const std::string& name) { return name != "threads"; });
  if (!threads.empty())
    log_info(
        "{}: sums may be rounded in another order, so the result may differ in its last digits; --threads says how "
        "many",
        threads.front());
  state_.load(*saved);
  return true;
}

void LoraRun::open_logs(bool is_continued) {
  log_ = std::make_unique<TrainingLog>(o_.run.output_dir, state_.steps_done(), steps_.steps, progress_);
  log_->on_note(hooks_.hears);
  const fs::path logs = o_.logging_dir.empty() ? o_.run.output_dir / "logs" : o_.logging_dir;
  curves_ = std::make_unique<LoraLog>(log_folder(logs, o_.log_prefix, is_continued), steps_.steps_per_epoch);
}

/// Latents, captions and weights. Draws of picture p of batch `number` depend on these two alone.
LoraBatch LoraRun::batch_of(const std::vector<int64_t>& pictures, int64_t number, int64_t epoch, int64_t step) const {
  LoraBatch batch;
  std::vector<Tensor> latents, masks;
  std::vector<prompt::PictureSizes> sizes;
  batch.weight = at::ones({int64_t(pictures.size())});
  for (size_t i = 0; i < pictures.size(); ++i) {
    const TrainingPicture& picture = set_.trained[size_t(pictures[i])];
    at::Generator draws = generator_for(o_.run.seed, Purpose::picture, uint64_t(number * set_.largest_batch()) + i);
    batch.captions.push_back(used_caption(picture.options->captions, picture.caption,
                                          {.epoch = epoch + 1, .step = step, .steps = steps_.steps}, draws));
    const PictureLatents::Use use = latents_->use(pictures[i], draws);
    latents.push_back(use.latents);
    if (use.mask.defined()) masks.push_back(use.mask);
    sizes.push_back(told_sizes(picture, use.crop));
    if (picture.is_regularisation) batch.weight[int64_t(i)] = o_.prior_loss_weight;
  }
  batch.latents = at::stack(latents);
  if (!masks.empty()) batch.mask = at::stack(masks);
  batch.conditioning = captions_.encode(batch.captions, sizes);
  return batch;
}

StepLoss LoraRun::loss(int64_t step, int64_t part) {
  const int64_t epoch = steps_.epoch_of(step), within = steps_.first_batch_of(step) + part;
  if (epoch != batches_epoch_) batches_ = epoch_batches(set_, o_.run.seed, batches_epoch_ = epoch);
  const std::vector<int64_t>& pictures = batches_[size_t(within)];
  const StepLoss found = loss_of(pictures, epoch * steps_.batches_per_epoch + within, epoch, step);
  if (part == 0) step_loss_ = 0;
  step_loss_ += found.loss.item<double>() / double(steps_.batches_of(step));
  step_details_ = found.details;
  return found;
}

StepLoss LoraRun::loss_of(const std::vector<int64_t>& pictures, int64_t number, int64_t epoch, int64_t step) {
  trained_->begin_batch(o_.run.seed, uint64_t(number));
  const LoraBatch batch = batch_of(pictures, number, epoch, step);
  at::Generator draws = generator_for(o_.run.seed, Purpose::batch, uint64_t(number));
  const LoraNoise noise = task_.noise_for(batch.latents, draws);
  const DenoisingTask::Losses losses = task_.losses(batch, noise);
  const double value = losses.mean.item<double>();
  if (!std::isfinite(value)) {
    std::vector<std::string> names;
    for (const int64_t i : pictures) names.push_back(set_.trained[size_t(i)].file.string());
    fail(ErrorKind::internal,
         "training step {}: the loss is {}, with the pictures {}; lower learning_rate or set mixed_precision = \"no\"",
         step, value, fmt::join(names, ", "));
  }
  if (hooks_.looks_at_batch) remember_batch(pictures, batch, noise);
  return {losses.mean, loss_by_quarter(losses.per_picture, noise.timestep.to(at::kFloat))};
}

void LoraRun::remember_batch(const std::vector<int64_t>& pictures, const LoraBatch& batch, const LoraNoise& noise) {
  last_batch_.clear();
  for (size_t i = 0; i < pictures.size(); ++i) {
    const TrainingPicture& picture = set_.trained[size_t(pictures[i])];
    last_batch_.push_back({.file = picture.file,
                           .caption = batch.captions[i],
                           .size = picture.place.bucket,
                           .timestep = noise.timestep[int64_t(i)].item<int64_t>()});
  }
}

std::vector<LoraLog::Rate> LoraRun::rates(int64_t step) const {
  std::vector<LoraLog::Rate> all;
  for (const TrainedGroups::Part& part : groups_.parts)
    all.push_back({part.name, groups_.groups[part.group].rate_factor * rate_of_step(o_, schedule_, step),
                   state_.step_size(part.group)});
  return all;
}

void LoraRun::save(const fs::path& file, int64_t steps_done) {
  const LoraProgress progress{.steps = steps_done,
                              .epoch = epochs_done(steps_done),
                              .epochs = steps_.epochs,
                              .max_steps = steps_.steps,
                              .model_hash = fs::is_directory(o_.pretrained_model_name_or_path) ? "" : model_hash_,
                              .old_model_hash = old_model_hash(o_.pretrained_model_name_or_path)};
  const AverageInPlace average(state_);
  trained_->save(file, saved_dtype(o_.save_precision), lora_metadata(o_, set_, model_.description, progress));
}

void LoraRun::make_samples(int64_t steps_done, const std::string& name) {
  if (!hooks_.make_samples || o_.sample_prompts.empty()) return;
  const fs::path file = files_.sample_file();
  fs::create_directories(file.parent_path());
  save(file, steps_done);
  log_->report("making sample pictures", steps_done, "");
  const auto start = std::chrono::steady_clock::now();
  hooks_.make_samples(o_, file, o_.run.output_dir / "sample", name);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  log_->note({steps_done, "samples", fmt::format("Samples in {:.0f} s", std::ceil(seconds))});
}

/// What is worth knowing of the rate: that it rises at a restart, that the optimizer has begun to find its own.
void LoraRun::note_rate(int64_t done) {
  const int64_t next = state_.steps_taken();
  const double before = lr_factor(schedule_, std::max<int64_t>(0, next - 1)), now = lr_factor(schedule_, next);
  if (schedule_.name == "cosine_with_restarts" && next > schedule_.warmup_steps && now > before)
    log_->note({done, "rate", "Rate restarts"});
  if (!first_step_size_ || state_.step_size(0) == first_step_size_) return;
  log_->note({done, "rate", fmt::format("d left its start value {:.3g}", *first_step_size_)});
  first_step_size_.reset();
}

void LoraRun::warn(const std::string& words) {
  log_warning("{}", words);
  log_->note({state_.steps_done(), "warning", words});
}

void LoraRun::validate(int64_t done) {
  const int64_t epoch = epochs_done(done);
  const bool at_step = validates_at_step(o_, done);
  const bool after_epoch = steps_.ends_epoch(done) && validates_after_epoch(o_, epoch);
  if ((!at_step && !after_epoch) || set_.validation.empty()) return;
  trained_->without_dropouts();
  const double loss = validation_loss(o_, set_, *validation_latents_, captions_, task_);
  if (at_step) curves_->validation(loss, done, true);
  if (after_epoch) curves_->validation(loss, epoch, false);
  log_->add(done, {{"validation_loss", loss}});
  const std::string was = validation_ ? fmt::format(" (was {:.4f})", *validation_) : "";
  log_->note({done, "validation", fmt::format("Validation {:.4f}{}", loss, was)});
  validation_ = loss;
}

void LoraRun::save_files(int64_t done, bool is_wished) {
  const int64_t epoch = epochs_done(done);
  if (files_.wants_step(done) || is_wished) {
    save(files_.step_file(done), done);
    log_->note({done, "file", "File saved"});
  }
  if (files_.wants_step(done)) files_.remove_before_step(done);
  if (is_wished) {
    state_.save(o_.run.output_dir, record_);
    log_->note({done, "state", "State saved"});
  }
  if (steps_.ends_epoch(done) && files_.wants_epoch(epoch)) {
    save(files_.epoch_file(epoch), done);
    files_.remove_before_epoch(epoch);
    log_->note({done, "file", fmt::format("Epoch {} saved", epoch)});
  }
}

void LoraRun::after_step(int64_t done) {
  const bool ends_epoch = steps_.ends_epoch(done);
  const int64_t epoch = epochs_done(done);
  curves_->step(done, step_loss_, step_details_, rates(state_.steps_taken()), std::exchange(norms_, std::nullopt));
  if (ends_epoch) curves_->epoch(epoch);
  if (hooks_.looks_at_batch) hooks_.looks_at_batch(done, last_batch_);
  note_rate(done);
  validate(done);
  if (done == steps_.steps) return;  // the last file has a name of its own
  const LoraWishes wished = hooks_.wishes ? hooks_.wishes() : LoraWishes();
  save_files(done, wished.saves);
  const bool samples = o_.sample_every_n_epochs > 0
                           ? ends_epoch && epoch % o_.sample_every_n_epochs == 0
                           : o_.sample_every_n_steps > 0 && done % o_.sample_every_n_steps == 0;
  if (samples || wished.samples) {
    trained_->without_dropouts();
    make_samples(done,
                 samples && o_.sample_every_n_epochs > 0 ? fmt::format("e{:06d}", epoch) : fmt::format("{:06d}", done));
  }
}

void LoraRun::encode_pictures() {
  const auto encodes = [&](int64_t done, int64_t all) { reads_pictures("encoding pictures", done, all); };
  latents_ = std::make_unique<PictureLatents>(o_, *model_.vae, set_.trained, encodes);
  validation_latents_ = std::make_unique<PictureLatents>(o_, *model_.vae, set_.validation, encodes);
  // What lies in the file is read again should it be needed, and steps do not need what encoding took.
  checkpoint::let_go_of(*model_.vae);
  layers::release_unused_tensor_memory();
}

LoraPlan LoraRun::plan(bool probes) {
  load_state();
  RunFacts facts = facts_of_pictures(o_, set_);
  facts.model = facts_of_model(o_.pretrained_model_name_or_path);
  LoraPlan& plan = *facts.plan;
  plan.steps_done = state_.steps_done();
  for (const TrainedGroups::Part& part : groups_.parts)
    plan.parts.push_back({.name = part.name,
                          .modules = part.tensors,
                          .parameters = part.parameters,
                          .rate = groups_.groups[part.group].rate_factor *
                                  (takes_own_steps(o_.run) ? own_step(o_.run, 0) : o_.run.learning_rate)});
  plan.trains_the_model = o_.trains_the_model();
  if (!plan.trains_the_model) plan.lora_bytes = groups_.bytes();
  plan.state_bytes = state_.bytes();
  plan.model_bytes = bytes_of(*model_.unet) + bytes_of(*model_.vae);
  for (const auto& text : model_.text_encoders) plan.model_bytes += bytes_of(*text);
  plan.step_bytes = need_.step;
  plan.machine_bytes = machine_memory_;
  plan.memory_warning = memory_warning(need_, machine_memory_, o_);
  int64_t numbers = plan.trains_the_model ? model_.unet->parameter_count() + model_.vae->parameter_count()
                                          : groups_.parameter_count();
  if (plan.trains_the_model)
    for (const auto& text : model_.text_encoders) numbers += text->parameter_count();
  plan.file_bytes = numbers * int64_t(c10::elementSize(saved_dtype(o_.save_precision)));
  if (probes) plan.probe = probe();
  for (const OptionRow& row : lora_option_rows()) plan.effects[row.name] = effect_of(row.name, o_, facts);
  return plan;
}

/// The bucket whose full batches have the most pixels is what memory must hold. A batch of it goes through the network
/// twice, without an update: the second time is measured, when memory is there and captions may be known.
LoraPlan::Probe LoraRun::probe() {
  encode_pictures();
  double all_pixels = 0, most_pixels = 0;  // of an epoch, and of the largest batch
  std::vector<int64_t> largest;
  for (const TrainingBucket& bucket : set_.buckets) {
    const double pixels = double(bucket.size.width) * bucket.size.height;
    const size_t count = std::min(bucket.pictures.size(), size_t(bucket.batch_size));
    all_pixels += pixels * double(bucket.pictures.size());
    if (pixels * double(count) <= most_pixels) continue;
    most_pixels = pixels * double(count);
    largest.assign(bucket.pictures.begin(), bucket.pictures.begin() + int64_t(count));
  }
  LoraPlan::Probe probe;
  for (const int64_t time : {0, 1}) {
    const auto start = std::chrono::steady_clock::now();
    MixedPrecision mixed(o_.run.mixed_precision);
    (loss_of(largest, time, 0, 0).loss * state_.loss_scale()).backward();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    probe.seconds_per_step = seconds * all_pixels / most_pixels / double(steps_.steps_per_epoch);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  probe.peak_bytes = int64_t(usage.ru_maxrss) << 10;
  return probe;
}

void LoraRun::run() {
  const std::optional<double> first_step_size = state_.step_size(0);
  open_logs(load_state());
  if (state_.step_size(0) == first_step_size) first_step_size_ = first_step_size;
  formats::write_file(o_.run.output_dir / "options.toml", resolved_);
  formats::write_file(o_.run.output_dir / "run.toml", record_);
  const int64_t start = state_.steps_done();
  log_info(
      "{} pictures, {} batches and {} steps an epoch, {} steps in {} epochs; {} parameters are trained, whose "
      "gradients "
      "and optimizer take {} MB",
      set_.pictures_per_epoch(), steps_.batches_per_epoch, steps_.steps_per_epoch, steps_.steps, steps_.epochs,
      groups_.parameter_count(), (state_.bytes() + (1 << 20) - 1) >> 20);
  if (const std::string warning = memory_warning(need_, machine_memory_, o_); !warning.empty()) warn(warning);
  if (takes_own_steps(o_.run))
    warn(fmt::format(
        "Adafactor takes steps of its own size, up to {:g} of what a matrix has: learning rates and "
        "lr_scheduler say nothing; relative_step=False in optimizer_args would have them count{}",
        own_step(o_.run, 0), o_.trains_the_model() ? ", and for a model's own weights 1e-6 to 1e-5 is usual" : ""));
  else if (o_.trains_the_model() && !finds_step_size(o_.run.optimizer) && o_.unet_rate() > kHighRateOfWeights)
    warn(fmt::format("learning rate {:g} is high for a model's own weights: 1e-6 to 1e-5 is usual", o_.unet_rate()));
  log_->note({start, "start", start == 0 ? "Started" : "Goes on from its saved state"});
  if (start < steps_.steps) encode_pictures();
  if (start == 0 && o_.sample_at_first) make_samples(0, "000000");
  run_loop(o_.run, record_, state_, *log_,
           {.loss = [&](int64_t step, int64_t part) { return loss(step, part); },
            .learning_rate = [&](int64_t step) { return rate_of_step(o_, schedule_, step); },
            .parts = [&](int64_t step) { return steps_.batches_of(step); },
            .accumulation = steps_.accumulation,
            .after_update =
                [&] {
                  if (o_.scale_weight_norms > 0) norms_ = trained_->limit_norms(o_.scale_weight_norms);
                },
            .after_step = [&](int64_t done) { after_step(done); }});
  trained_->without_dropouts();
  save(files_.last_file(), steps_.steps);
  log_->note({steps_.steps, "end", "Finished, file saved"});
  if (o_.sample_every_n_epochs > 0 || o_.sample_every_n_steps > 0) make_samples(steps_.steps, "last");
}

}  // namespace

LoraPlan plan_lora_training(const LoraTraining& options, const std::string& resolved, const Progress& progress,
                            bool probes) {
  return LoraRun(options, resolved, progress, {}).plan(probes);
}

void run_lora_training(const LoraTraining& options, const std::string& resolved, const Progress& progress,
                       const LoraHooks& hooks) {
  LoraRun(options, resolved, progress, hooks).run();
}

}  // namespace darkroom::train
