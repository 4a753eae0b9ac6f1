// How fast, and how that changes over the run.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "train/effects/rows.h"
#include "train/optimizer_arguments.h"
#include "train/optimizers.h"

namespace darkroom::train::effects {
namespace {

/// The learning rate's way as factors.
struct Way {
  LrSchedule schedule;
  double first = 1, highest = 1, last = 1, mean = 1;

  double at(int64_t step) const { return lr_factor(schedule, step); }
  bool is_level() const { return first == highest && std::abs(mean - highest) < 1e-9; }
};

/// Nothing where the steps are not known, or would be refused.
std::optional<Way> way_of(const Seen& run) {
  constexpr int64_t kMostPoints = 4000;
  if (!run.steps()) return std::nullopt;
  try {
    Way way{.schedule = lr_schedule_of(run.options, *run.steps())};
    const int64_t points = std::min(kMostPoints, *run.steps());
    way.highest = 0, way.mean = 0;
    for (int64_t i = 0; i < points; ++i) {
      const double factor = way.at(i * *run.steps() / points);
      way.highest = std::max(way.highest, factor), way.mean += factor / double(points);
    }
    way.first = way.at(0), way.last = way.at(*run.steps() - 1);
    return way;
  } catch (const Error&) {
    return std::nullopt;
  }
}

struct OptimizerFacts {
  const char* name;
  double bytes;  ///< of its memory for each number, beside the gradient's 4
  const char* keeps;
  std::vector<double> betas;
  double weight_decay;
};
const OptimizerFacts& optimizer_of(const LoraTraining& o) {
  static const OptimizerFacts kAll[] = {
      {"AdamW", 8, "two averages of gradients", {0.9, 0.999}, 0.01},
      {"AdamW8bit", 2, "two averages of gradients, a byte each", {0.9, 0.999}, 0.01},
      {"Lion", 4, "one average of gradients; all numbers move by the rate itself", {0.9, 0.99}, 0},
      {"SGDNesterov", 4, "one average of gradients; their size counts, so rates are a thousand times larger", {}, 0},
      {"Adafactor", 0, "sums of rows and columns alone", {}, 0},
      {"DAdaptAdam", 12, "three averages, from which it finds the size of its steps", {0.9, 0.999}, 0},
      {"Prodigy", 16, "three averages and the start, from which it finds the size of its steps", {0.9, 0.999}, 0}};
  for (const OptimizerFacts& one : kAll)
    if (o.run.optimizer == one.name) return one;
  static const OptimizerFacts kUnknown{"", 0, "refused at the start: there is no such optimizer", {}, 0};
  return kUnknown;
}

std::string optimizer(const Seen& run) {
  const OptimizerFacts& facts = optimizer_of(run.options);
  if (run.plan() && run.plan()->state_bytes > 0)
    return fmt::format("keeps {}: {} with gradients{}", facts.keeps, size(double(run.plan()->state_bytes)),
                       run.options.run.ema_decay > 0 ? " and the moving average" : "");
  if (facts.bytes == 0) return std::string(*facts.name ? "keeps " : "") + facts.keeps;
  return fmt::format("keeps {}: {:g} bytes for each number learned, and 4 for its gradient", facts.keeps, facts.bytes);
}

std::string optimizer_args(const Seen& run) {
  const LoraTraining& o = run.options;
  const OptimizerFacts& facts = optimizer_of(o);
  try {
    OptimizerArguments arguments("optimizer_args", o.run.optimizer_args);
    std::vector<std::string> parts;
    if (!facts.betas.empty()) {
      const std::vector<double> betas = arguments.numbers("betas", facts.betas);
      parts.push_back(fmt::format("a step follows about the last {} gradients, its size the last {}",
                                  count(std::lround(1 / (1 - betas[0]))), count(std::lround(1 / (1 - betas[1])))));
    }
    const double decay = arguments.number("weight_decay", facts.weight_decay);
    const auto way = way_of(run);
    if (decay == 0)
      parts.emplace_back("nothing pulls what is learned towards 0");
    else if (finds_step_size(o.run.optimizer) || !way)
      parts.push_back(fmt::format("weight_decay {:g} pulls what is learned towards 0", decay));
    else
      parts.push_back(
          fmt::format("weight_decay {:g} takes {} of a number over the run", decay,
                      percent(1 - std::exp(-o.run.learning_rate * decay * way->mean * double(*run.steps())))));
    if (finds_step_size(o.run.optimizer))
      parts.push_back(fmt::format("d starts at {:g}", arguments.number("d0", 1e-6)));
    if (const double coefficient = arguments.number("d_coef", 1); coefficient != 1)
      parts.push_back(fmt::format("and is taken {:g} times", coefficient));
    return fmt::format("{}", fmt::join(parts, "; "));
  } catch (const Error& error) {
    return std::string("refused at the start: ") + error.what();
  }
}

/// Why rates and schedules say nothing now; "" where they do.
std::string own_steps(const Seen& run) {
  const RunConfig& o = run.options.run;
  try {
    if (!takes_own_steps(o)) return "";
    return fmt::format(
        "Adafactor takes steps of its own, {:g} of a matrix's size at first{}; relative_step=False in "
        "optimizer_args has rates count",
        own_step(o, 0), run.steps() ? fmt::format(" and {:.3g} in the last", own_step(o, *run.steps() - 1)) : "");
  } catch (const Error& error) {
    return std::string("refused at the start: ") + error.what();
  }
}

/// "at most 0.0001, 0 at the end" of a base rate.
std::string over_the_run(const Seen& run, double rate) {
  const auto way = way_of(run);
  if (!way) return fmt::format("at most {:g}", rate);
  if (way->is_level()) return fmt::format("{:g} in every step", rate * way->highest);
  return fmt::format("{:.3g} in the first step, {:.3g} at most, {:.3g} in the last", rate * way->first,
                     rate * way->highest, rate * way->last);
}

std::string learning_rate(const Seen& run) {
  const LoraTraining& o = run.options;
  if (const std::string why = own_steps(run); !why.empty()) return no_effect(why);
  if (finds_step_size(o.run.optimizer))
    return fmt::format("a factor on the step size {} finds: {}", o.run.optimizer,
                       over_the_run(run, o.run.learning_rate));
  const bool text_is_said = !o.network.text_encoder || o.learning_rate_te ||
                            (o.learning_rate_te1 && o.learning_rate_te2) || !o.text_encoder_lr.empty();
  const bool unet_is_said = o.unet_lr || !o.network.unet;
  if (unet_is_said && text_is_said && o.unet_lr)
    return no_effect("unet_lr and text_encoder_lr say the rates of all that is trained");
  const char* whose = unet_is_said   ? "of the text encoders"
                      : text_is_said ? "of the UNet"
                                     : "of UNet and text encoders";
  return fmt::format("{}: {}{}", whose, over_the_run(run, o.run.learning_rate),
                     o.trains_the_model() ? "; 1e-6 to 1e-5 is usual for a model's own weights" : "");
}

std::string rate_of_part(const Seen& run, const std::optional<double>& told) {
  const std::string way = over_the_run(run, told.value_or(run.options.run.learning_rate));
  return told ? way : "not said, so as learning_rate: " + way;
}

std::string unet_lr(const Seen& run) {
  if (!run.options.network.unet) return no_effect("the UNet is not trained");
  if (const std::string why = own_steps(run); !why.empty()) return no_effect(why);
  return rate_of_part(run, run.options.unet_lr);
}

/// Of each text encoder there is, or may be.
std::string text_rates(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.has_two_text_rates()) return over_the_run(run, o.text_rate(0));
  if (run.facts.model && run.facts.model->text_encoders < 2)
    return fmt::format("refused at the start: {:g} and {:g}, and the model has one text encoder", o.text_rate(0),
                       o.text_rate(1));
  std::vector<std::string> parts;
  for (size_t i = 0; i < 2; ++i)
    parts.push_back(fmt::format("of text encoder {} {}", i + 1,
                                o.network.trains_text(i) ? over_the_run(run, o.text_rate(i)) : "0: it stays as it is"));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string text_encoder_lr(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.network.text_encoder) return no_effect("the text encoders are not trained");
  if (const std::string why = own_steps(run); !why.empty()) return no_effect(why);
  if (!o.text_encoder_lr.empty()) return text_rates(run);
  if (o.says_text_rates()) return no_effect("learning_rate_te, or those for one text encoder each, say the rates");
  return rate_of_part(run, std::nullopt);
}

std::string one_of_fine_tuning(const Seen& run, const std::optional<double>& told, size_t number) {
  const LoraTraining& o = run.options;
  if (!o.trains_the_model()) return no_effect("the model itself is not trained; a LoRA's rates are in text_encoder_lr");
  if (!o.network.text_encoder) return no_effect("the text encoders are not trained");
  if (told) return o.has_two_text_rates() ? text_rates(run) : over_the_run(run, *told);
  return no_effect(fmt::format("not said, and the rate is {:g}", o.text_rate(number)));
}

std::string learning_rate_te(const Seen& run) {
  return one_of_fine_tuning(run, run.options.learning_rate_te, 0);
}
std::string learning_rate_te1(const Seen& run) {
  return one_of_fine_tuning(run, run.options.learning_rate_te1, 0);
}
std::string learning_rate_te2(const Seen& run) {
  return one_of_fine_tuning(run, run.options.learning_rate_te2, 1);
}

std::string scheduler(const Seen& run) {
  if (const std::string why = own_steps(run); !why.empty()) return no_effect(why);
  const auto way = way_of(run);
  if (!way) return "its shape follows from the run's steps";
  const int64_t steps = *run.steps(), warm = way->schedule.warmup_steps;
  if (way->is_level()) return fmt::format("factor {:g} in all {}", way->first, count(steps, "step"));
  return fmt::format("factor {:.3g} at step {}, {:.3g} at {}, {:.3g} at the last; {:.3g} on average", way->at(warm),
                     count(warm), way->at(steps / 2), count(steps / 2), way->last, way->mean);
}

std::string warmup(const Seen& run) {
  if (const std::string why = own_steps(run); !why.empty()) return no_effect(why);
  const double told = run.options.lr_warmup_steps;
  if (told == 0) return "none: the first step has the whole rate";
  if (!run.steps())
    return fmt::format("the rate rises from 0 over {}",
                       told < 1 ? percent(told) + " of the run" : count(int64_t(told), "step"));
  const double steps = told < 1 ? told * double(*run.steps()) : told;
  return fmt::format("{} of {} ({}); the first has the rate 0 and changes nothing", count(int64_t(steps), "step"),
                     count(*run.steps()), percent(std::floor(steps) / double(*run.steps())));
}

std::string decay(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.lr_scheduler != "warmup_stable_decay") return no_effect("the schedule is not warmup_stable_decay");
  if (!run.steps()) return "the rate falls in the run's last steps";
  const auto fall = int64_t(o.lr_decay_steps < 1 ? o.lr_decay_steps * double(*run.steps()) : o.lr_decay_steps);
  return fmt::format("the rate falls from step {} of {} on, to {:g}", count(*run.steps() - fall), count(*run.steps()),
                     o.lr_scheduler_min_lr_ratio * o.run.learning_rate);
}

std::string cycles(const Seen& run) {
  const LoraTraining& o = run.options;
  const double n = o.lr_scheduler_num_cycles;
  if (o.lr_scheduler == "cosine_with_restarts") {
    const auto way = way_of(run);
    if (!way || n < 2)
      return n < 2 ? "one wave: the rate never jumps back up"
                   : fmt::format("{:g} waves, each from the whole rate to 0", n);
    const double wave = double(*run.steps() - way->schedule.warmup_steps) / n;
    return fmt::format("{:g} waves of {:.0f} steps; the rate jumps from 0 to the whole at step {:.0f} first", n, wave,
                       double(way->schedule.warmup_steps) + wave);
  }
  if (o.lr_scheduler != "cosine_with_min_lr" && o.lr_scheduler != "warmup_stable_decay")
    return no_effect("the schedule has no cycles");
  const auto way = way_of(run);
  return fmt::format("{:g} half waves{}", n,
                     way ? fmt::format("; the factor of the last step is {:.3g}", way->last) : "");
}

std::string power(const Seen& run) {
  if (run.options.lr_scheduler != "polynomial") return no_effect("the schedule is not polynomial");
  return fmt::format("half way the factor is about {:.3g} (0.5 to the power of {:g})",
                     std::pow(0.5, run.options.lr_scheduler_power), run.options.lr_scheduler_power);
}

std::string min_lr_ratio(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.lr_scheduler != "cosine_with_min_lr" && o.lr_scheduler != "warmup_stable_decay")
    return no_effect("the schedule has no such end");
  return fmt::format("the rate ends at {:g} x {:g} = {:g}", o.lr_scheduler_min_lr_ratio, o.run.learning_rate,
                     o.lr_scheduler_min_lr_ratio * o.run.learning_rate);
}

std::string timescale(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.lr_scheduler != "inverse_sqrt") return no_effect("the schedule is not inverse_sqrt");
  const auto way = way_of(run);
  const int64_t told = o.lr_scheduler_timescale, warm = way ? way->schedule.warmup_steps : 0;
  const int64_t scale = told > 0 ? told : warm > 0 ? warm : 10000;
  return fmt::format("the rate is a half {} after the warm-up{}", count(3 * scale, "step"),
                     way ? fmt::format(", {:.3g} of the whole in the last step", way->last) : "");
}

std::string scheduler_args(const Seen& run) {
  if (run.options.lr_scheduler != "piecewise_constant") return no_effect("the schedule is not piecewise_constant");
  const auto way = way_of(run);
  if (!way) return "a rate for each piece of the run";
  std::vector<std::string> parts;
  for (const auto& [end, factor] : way->schedule.pieces)
    parts.push_back(fmt::format("{:g} before step {}", factor * run.options.run.learning_rate, count(end)));
  parts.push_back(fmt::format("then {:g}", way->schedule.last_piece * run.options.run.learning_rate));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string block_lr(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.trains_the_model())
    return no_effect("the model itself is not trained; rates of a LoRA's blocks are in network_args");
  if (o.block_rates.empty()) return fmt::format("none: every block of the UNet learns at {:g}", o.unet_rate());
  double least = 0, most = 0;
  int64_t learning = 0;
  for (const double rate : o.block_rates) {
    if (rate == 0) continue;
    least = learning ? std::min(least, rate) : rate;
    most = std::max(most, rate);
    ++learning;
  }
  return fmt::format("{} of {} blocks learn, at {:g} to {:g}; the others stay as they are", learning,
                     o.block_rates.size(), least, most);
}

constexpr Row kRows[] = {{"optimizer_type", optimizer},
                         {"optimizer_args", optimizer_args},
                         {"learning_rate", learning_rate},
                         {"unet_lr", unet_lr},
                         {"text_encoder_lr", text_encoder_lr},
                         {"learning_rate_te", learning_rate_te},
                         {"learning_rate_te1", learning_rate_te1},
                         {"learning_rate_te2", learning_rate_te2},
                         {"block_lr", block_lr},
                         {"lr_scheduler", scheduler},
                         {"lr_warmup_steps", warmup},
                         {"lr_decay_steps", decay},
                         {"lr_scheduler_num_cycles", cycles},
                         {"lr_scheduler_power", power},
                         {"lr_scheduler_min_lr_ratio", min_lr_ratio},
                         {"lr_scheduler_timescale", timescale},
                         {"lr_scheduler_args", scheduler_args}};

}  // namespace

std::span<const Row> rate_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
