// Pictures made while a run goes on.
#include <fmt/format.h>

#include "base/error.h"
#include "train/effects/rows.h"
#include "train/sample_prompts.h"

namespace darkroom::train::effects {
namespace {

constexpr const char* kNone = "there are no sample_prompts";

/// How often the pictures are made; nothing where the steps are not known.
std::optional<int64_t> times(const Seen& run) {
  const LoraTraining& o = run.options;
  const int64_t first = o.sample_at_first ? 1 : 0;
  if (o.sample_every_n_epochs > 0)
    return run.epochs() ? std::optional((*run.epochs() - 1) / o.sample_every_n_epochs + 1 + first) : std::nullopt;
  if (o.sample_every_n_steps > 0)
    return run.steps() ? std::optional((*run.steps() - 1) / o.sample_every_n_steps + 1 + first) : std::nullopt;
  return first;
}

std::string sample_prompts(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.sample_prompts.empty()) return "none: only the loss shows how far the run is";
  try {
    const auto prompts = int64_t(read_sample_prompts(o.sample_prompts).size());
    if (!times(run)) return fmt::format("{}, each with a seed of its own that stays", count(prompts, "prompt"));
    return fmt::format("{} x {} = {}; each prompt keeps its seed", count(prompts, "prompt"), count(*times(run), "time"),
                       count(prompts * *times(run), "picture"));
  } catch (const Error& error) {
    return std::string("refused at the first pictures: ") + error.what();
  }
}

std::string every_steps(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.sample_prompts.empty()) return no_effect(kNone);
  if (o.sample_every_n_epochs > 0) return no_effect("sample_every_n_epochs decides");
  if (o.sample_every_n_steps == 0) return "off: not by step";
  return times(run) ? fmt::format("{}, the end among them", count(*times(run), "time")) : "at the end too";
}

std::string every_epochs(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.sample_prompts.empty()) return no_effect(kNone);
  if (o.sample_every_n_epochs == 0) return "off: not by epoch";
  return times(run) ? fmt::format("{}, the end among them", count(*times(run), "time")) : "at the end too";
}

std::string at_first(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.sample_prompts.empty()) return no_effect(kNone);
  if (!o.sample_at_first) return "off: the first pictures are of a model that has learned already";
  return o.network_weights.empty() ? "the first pictures are the untrained model's, to compare with"
                                   : "the first pictures are those of network_weights, to compare with";
}

std::string sampler(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.sample_prompts.empty()) return no_effect(kNone);
  if (o.sample_sampler.empty()) return "none: the sampler the model's makers recommend";
  return fmt::format("{} for each prompt that names none with --ss", o.sample_sampler);
}

constexpr Row kRows[] = {{"sample_prompts", sample_prompts},
                         {"sample_every_n_steps", every_steps},
                         {"sample_every_n_epochs", every_epochs},
                         {"sample_at_first", at_first},
                         {"sample_sampler", sampler}};

}  // namespace

std::span<const Row> sample_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
