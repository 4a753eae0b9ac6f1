// How long, how much at once, how exactly and in how much memory.
#include <fmt/format.h>

#include <cmath>

#include "base/cpu.h"
#include "base/memory.h"
#include "train/effects/rows.h"

namespace darkroom::train::effects {
namespace {

constexpr double kFirstLossScale = 65536;  ///< loss_scaler.h, which has tensors

std::string batch_size(const Seen& run) {
  const LoraTraining& o = run.options;
  const LoraPlan* plan = run.plan();
  if (!plan) return fmt::format("a step sees {}", count(run.pictures_per_step(), "picture"));
  int64_t partial = 0;
  for (const LoraPlan::Bucket& bucket : plan->buckets) partial += bucket.pictures % plan->batch_size != 0;
  const std::string rest = partial == 0
                               ? ""
                               : fmt::format(", {} of them smaller: {} {} left over", count(partial),
                                             count(partial, "size"), partial == 1 ? "has pictures" : "have pictures");
  return fmt::format("{} x {} = {} to a step; {} an epoch{}", plan->batch_size, o.gradient_accumulation_steps,
                     count(run.pictures_per_step(), "picture"), count(plan->batches_per_epoch, "batch"), rest);
}

std::string accumulation(const Seen& run) {
  const LoraTraining& o = run.options;
  const int64_t n = o.gradient_accumulation_steps;
  if (n == 1) return "off: each batch is a step";
  const LoraPlan* plan = run.plan();
  const std::string per = plan ? fmt::format("; {} an epoch make {}", count(plan->batches_per_epoch, "batch"),
                                             count(plan->steps_per_epoch, "step"))
                               : "";
  return fmt::format("a step is the mean of {} batches: {}, in the memory of one batch{}", n,
                     count(run.pictures_per_step(), "picture"), per);
}

/// How often each picture is seen, repeats counted.
std::string uses(const Seen& run) {
  if (!run.steps() || run.pictures() + run.regularisation() == 0) return "";
  const double all = double(*run.steps()) * double(run.uses_per_epoch()) / double(run.plan()->steps_per_epoch);
  return fmt::format("; a picture is seen {:.3g} times on average",
                     all / double(run.pictures() + run.regularisation()));
}

std::string max_train_steps(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.max_train_epochs > 0) return no_effect("max_train_epochs decides");
  const LoraPlan* plan = run.plan();
  if (!plan)
    return fmt::format("{} through {}", count(o.run.steps, "step"),
                       count(o.run.steps * run.pictures_per_step(), "picture"));
  return fmt::format("{} an epoch, so {:.3g} epochs{}", count(plan->steps_per_epoch, "step"),
                     double(plan->steps) / double(plan->steps_per_epoch), uses(run));
}

std::string max_train_epochs(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.max_train_epochs == 0) return fmt::format("not said: max_train_steps decides, {}", count(o.run.steps, "step"));
  const LoraPlan* plan = run.plan();
  if (!plan) return fmt::format("all pictures come {}, repeats counted", count(o.max_train_epochs, "time"));
  return fmt::format("{} of {} each: {}{}", count(o.max_train_epochs, "epoch"), count(plan->steps_per_epoch, "step"),
                     count(plan->steps, "step"), uses(run));
}

std::string max_grad_norm(const Seen& run) {
  const double most = run.options.run.max_grad_norm;
  if (most == 0) return "off: one odd batch may move everything far";
  return fmt::format("a gradient of length {:g} counts half, one of {:g} whole; its direction stays", 2 * most, most);
}

std::string ema_decay(const Seen& run) {
  const double decay = run.options.run.ema_decay;
  if (decay == 0) return "off: the file holds what the last step left";
  // It grows to the decay as (1 + n) / (10 + n).
  const double whole = (10 * decay - 1) / (1 - decay);
  return fmt::format("a step's weight halves in {} (ln 2 / -ln {:g}); the whole decay holds from step {} on",
                     count(int64_t(std::lround(std::log(0.5) / std::log(decay))), "step"), decay,
                     count(std::max<int64_t>(0, int64_t(std::ceil(whole - 1e-9)))));
}

std::string gradient_checkpointing(const Seen& run) {
  return run.options.gradient_checkpointing
             ? fmt::format("of {} only the ends of blocks are kept; each block is computed a second time",
                           count(run.plan() ? run.plan()->batch_size : run.options.run.batch_size, "picture"))
             : fmt::format("off: what all layers made of {} stays in memory until the backward pass",
                           count(run.plan() ? run.plan()->batch_size : run.options.run.batch_size, "picture"));
}

std::string mixed_precision(const Seen& run) {
  const std::string& told = run.options.run.mixed_precision;
  if (told == "bf16")
    return cpu_has_bf16() ? "products are computed in bf16, whose numbers have 7 bits; what is learned stays in fp32"
                          : "this processor has no bf16, so products are computed in fp32";
  if (told == "fp16")
    return fmt::format(
        "above 65,504 a value is infinite, so the loss is scaled, by {:.0f} at first, and a step that overflows is "
        "skipped",
        kFirstLossScale);
  return cpu_has_bf16() && !cpu_is_slow_at_bf16() ? "all is computed in fp32; this processor would compute bf16 faster"
                                                  : "all is computed in fp32; this processor has nothing faster";
}

std::string rounded_weights(const Seen& run, bool is_on, const char* precision, int share) {
  if (!is_on) return "off: what is learned are fp32 numbers, and small steps add up";
  const double rate = std::max(run.options.unet_rate(), run.options.highest_text_rate());
  return fmt::format("what is learned are {} numbers: a step of {:g} is lost on a number above {:.3g}", precision, rate,
                     rate * share);
}

std::string full_bf16(const Seen& run) {
  return rounded_weights(run, run.options.full_bf16, "bf16", 512);
}
std::string full_fp16(const Seen& run) {
  return rounded_weights(run, run.options.full_fp16, "fp16", 4096);
}

std::string ignore_memory(const Seen& run) {
  const double machine = double(usable_memory());
  return run.options.ignore_memory
             ? fmt::format(
                   "the run starts even if it needs more than the {} of this machine, and may be ended by the "
                   "system",
                   size(machine))
             : fmt::format(
                   "a run whose weights, gradients and optimizer need more than the {} of this machine is "
                   "refused",
                   size(machine));
}

std::string seed(const Seen& run) {
  const LoraTraining& o = run.options;
  return fmt::format(
      "{}the order of pictures, noise, timesteps and captions of step n follow from {} and n alone: the same options "
      "make the same file",
      o.trains_the_model() ? "" : "first matrices, ", o.run.seed);
}

constexpr Row kRows[] = {{"train_batch_size", batch_size},
                         {"gradient_accumulation_steps", accumulation},
                         {"max_train_steps", max_train_steps},
                         {"max_train_epochs", max_train_epochs},
                         {"max_grad_norm", max_grad_norm},
                         {"ema_decay", ema_decay},
                         {"gradient_checkpointing", gradient_checkpointing},
                         {"mixed_precision", mixed_precision},
                         {"full_bf16", full_bf16},
                         {"full_fp16", full_fp16},
                         {"ignore_memory", ignore_memory},
                         {"seed", seed}};

}  // namespace

std::span<const Row> step_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
