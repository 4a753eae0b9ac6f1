#include "train/loop.h"

#include <ATen/autocast_mode.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "base/log.h"
#include "layers/fast_paths.h"

namespace darkroom::train {
namespace {

/// Sums values by name until they are taken as means.
class RunningMeans {
 public:
  void add(const std::string& name, double value) {
    auto& [sum, count] = sums_[name];
    sum += value;
    ++count;
  }
  Scalars take() {
    Scalars means;
    for (const auto& [name, entry] : sums_) means.emplace_back(name, entry.first / entry.second);
    sums_.clear();
    return means;
  }

 private:
  std::map<std::string, std::pair<double, int>> sums_;
};

}  // namespace

MixedPrecision::MixedPrecision(const std::string& precision)
    : is_bf16_(precision == "bf16"), had_fast_paths_(layers::fast_paths()) {
  if (is_bf16_) {
    at::autocast::set_cpu_enabled(true);
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    // A checkpointed part casts its weights first where no gradients are recorded, and would find those casts again in
    // the backward pass: nothing in it would learn.
    at::autocast::set_autocast_cache_enabled(false);
  }
  if (precision == "fp16") {
    layers::set_fast_paths(false);
    fp16_.emplace(
        layers::Emulation{.format = layers::NumberFormat::fp16, .parts = {"UNet", "text encoder"}, .watch = {}});
  }
}

MixedPrecision::~MixedPrecision() {
  layers::set_fast_paths(had_fast_paths_);
  if (!is_bf16_) return;
  at::autocast::set_autocast_cache_enabled(true);
  at::autocast::set_cpu_enabled(false);
}

namespace {

/// What follows a step (files, pictures, measurements) may fail where the step itself did not: it is not lost then.
void after_step(const RunConfig& config, const std::string& options, const TrainingState& state, TrainingLog& log,
                const LoopTasks& tasks) {
  if (!tasks.after_step) return;
  try {
    tasks.after_step(state.steps_done());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    try {
      state.save(config.output_dir, options);
      log.note({state.steps_done(), "end", "Failed, state saved"});
    } catch (const Error& other) {
      log_warning("the state of step {} could not be saved: {}", state.steps_done(), other.what());
    }
    throw;
  }
}

}  // namespace

void run_loop(const RunConfig& config, const std::string& options, TrainingState& state, TrainingLog& log,
              const LoopTasks& tasks) {
  RunningMeans means;
  try {
    while (state.steps_done() < config.steps) {
      const int64_t step = state.steps_done();
      const int64_t parts = tasks.parts ? tasks.parts(step) : 1;
      double loss = 0;
      for (int64_t part = 0; part < parts; ++part) {
        MixedPrecision mixed(config.mixed_precision);
        const StepLoss result = tasks.loss(step, part);
        const double value = result.loss.item<double>();
        require(std::isfinite(value), ErrorKind::internal,
                "training step {}: the loss is not finite; lower learning_rate or set mixed_precision = \"no\"", step);
        const Tensor share = tasks.accumulation == 1 ? result.loss : result.loss / double(tasks.accumulation);
        (state.loss_scale() == 1 ? share : share * state.loss_scale()).backward();
        state.round_gradients();
        for (const auto& [name, detail] : result.details) means.add(name, detail);
        loss += value / double(parts);
      }
      const double rate = tasks.learning_rate(state.steps_taken());
      means.add("loss", loss);
      const bool is_scaled = config.mixed_precision == "fp16";
      if (is_scaled) means.add("loss_scale", state.loss_scale());
      const double norm = state.update(rate, tasks.after_update);
      if (std::isfinite(norm)) means.add("gradient_norm", norm);
      if (is_scaled) means.add("skipped_steps", double(state.steps_done() - state.steps_taken()));
      const int64_t done = state.steps_done();
      if (done % config.log_every_n_steps == 0 || done == config.steps) {
        Scalars row = means.take();
        row.emplace_back("learning_rate", rate);
        if (const auto found = state.step_size(0)) row.emplace_back("step_size", *found);
        log.add(done, row);
      }
      after_step(config, options, state, log, tasks);
      if (done % config.save_every_n_steps == 0 || done == config.steps) {
        state.save(config.output_dir, options);
        log.note({done, "state", "State saved"});
      }
      log.report("training", done, fmt::format("loss {:.4f}, rate {:.3g}", loss, rate));
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) {
      state.save(config.output_dir, options);
      log.note({state.steps_done(), "end", "Stopped, state saved"});
    }
    throw;
  }
}

}  // namespace darkroom::train
