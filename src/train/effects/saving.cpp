// What is kept on disk: files by name and number, states to go on from, curves.
#include <fmt/format.h>

#include <set>

#include "train/effects/rows.h"

namespace darkroom::train::effects {
namespace {

std::string output_dir(const Seen& run) {
  const LoraTraining& o = run.options;
  const std::string name = o.run.output_dir.filename().string();
  return fmt::format("{0}/ gets {1}.safetensors, run.toml and log.csv; the same command again goes on from its state",
                     name, o.output_name);
}

std::string output_name(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return fmt::format("the checkpoint is {}.safetensors", o.output_name);
  return fmt::format("{0}.safetensors, which a prompt takes as <lora:{0}:1>", o.output_name);
}

/// Of one file; "" where it is not known.
std::string file_size(const Seen& run) {
  const double bytes = run.options.save_precision == "float" ? 4 : 2;
  if (run.options.trains_the_model())
    return run.plan() && run.plan()->model_bytes > 0 ? size(double(run.plan()->model_bytes) * bytes / 4) : "";
  return run.learned() ? size(double(*run.learned()) * bytes) : "";
}

std::string save_precision(const Seen& run) {
  const std::string& told = run.options.save_precision;
  const std::string bytes = file_size(run), each = bytes.empty() ? "" : ", " + bytes + " a file";
  if (told == "fp16") return "2 bytes a number" + each + "; 10 bits of precision, nothing above 65,504";
  if (told == "bf16") return "2 bytes a number" + each + "; 7 bits of precision, the range of float";
  return "4 bytes a number" + each + ": exactly what was learned";
}

/// Which of the files made at 1, 2, ... `made` times `every` remain. `old_of`: what goes when one is there.
template <typename OldOf>
int64_t kept(int64_t made, int64_t every, const OldOf& old_of) {
  constexpr int64_t kMost = 100'000;
  if (made > kMost) return made;
  std::set<int64_t> files;
  for (int64_t i = 1; i <= made; ++i) {
    files.insert(i * every);
    files.erase(old_of(i * every));
  }
  return int64_t(files.size());
}

std::string and_their_size(const Seen& run, int64_t files) {
  if (!run.learned() || run.options.trains_the_model()) return "";
  const double bytes = run.options.save_precision == "float" ? 4 : 2;
  return fmt::format(", {} together", size(double(files * *run.learned()) * bytes));
}

/// The last step's and epoch's files are not made: the finished one is the same.
std::optional<int64_t> step_files(const Seen& run) {
  if (!run.steps()) return std::nullopt;
  return (*run.steps() - 1) / run.options.save_every_n_steps;
}
std::optional<int64_t> epoch_files(const Seen& run) {
  if (!run.epochs()) return std::nullopt;
  return (*run.epochs() - 1) / run.options.epochs_between_files(*run.epochs());
}

bool saves_epochs(const LoraTraining& o) {
  return o.save_every_n_epochs > 0 || o.save_n_epoch_ratio > 0;
}

/// What the files after epochs are, `every` apart.
std::string files_of_epochs(const Seen& run, int64_t every) {
  const std::string first = fmt::format("{}-{:06d}.safetensors", run.options.output_name, every);
  const auto files = epoch_files(run);
  if (!files) return first + " is the first";
  if (*files == 0) return fmt::format("none: the run has {}", count(*run.epochs(), "epoch"));
  return fmt::format("{} from {} on, beside the finished one{}", count(*files, "file"), first,
                     and_their_size(run, *files));
}

std::string save_every_n_epochs(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.save_n_epoch_ratio > 0) return no_effect("save_n_epoch_ratio says after which epochs files are saved");
  if (o.save_every_n_epochs == 0) return fmt::format("off: {}.safetensors at the end is all", o.output_name);
  return files_of_epochs(run, o.save_every_n_epochs);
}

std::string save_n_epoch_ratio(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.save_n_epoch_ratio == 0) return "off: save_every_n_epochs decides";
  if (!run.epochs()) return fmt::format("{} over the run", count(o.save_n_epoch_ratio, "file"));
  const int64_t every = o.epochs_between_files(*run.epochs());
  return fmt::format("{} / {} = {}: {}", *run.epochs(), o.save_n_epoch_ratio, count(every, "epoch"),
                     files_of_epochs(run, every));
}

std::string save_every_n_steps(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.save_every_n_steps == 0) return "off: no files by step";
  const std::string first = fmt::format("{}-step{:08d}.safetensors", o.output_name, o.save_every_n_steps);
  const auto files = step_files(run);
  if (!files) return first + " is the first";
  if (*files == 0) return fmt::format("none: the run has {}", count(*run.steps(), "step"));
  return fmt::format("{} from {} on, beside the finished one{}", count(*files, "file"), first,
                     and_their_size(run, *files));
}

std::string save_last_n_epochs(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!saves_epochs(o)) return no_effect("save_every_n_epochs is 0");
  const auto made = epoch_files(run);
  if (o.save_last_n_epochs == 0)
    return made ? fmt::format("all of the {} stay", count(*made, "file")) : "all of them stay";
  if (!made) return fmt::format("files of the last {} stay", count(o.save_last_n_epochs, "epoch"));
  const int64_t every = o.epochs_between_files(*run.epochs());
  const int64_t stay = kept(*made, every, [&](int64_t epoch) { return epoch - every * o.save_last_n_epochs; });
  return fmt::format("{} of {} stay", count(stay), count(*made, "file"));
}

std::string save_last_n_steps(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.save_every_n_steps == 0) return no_effect("save_every_n_steps is 0");
  const auto made = step_files(run);
  if (o.save_last_n_steps == 0)
    return made ? fmt::format("all of the {} stay", count(*made, "file")) : "all of them stay";
  if (!made) return fmt::format("files of the last {} stay", count(o.save_last_n_steps, "step"));
  const int64_t every = o.save_every_n_steps;
  const int64_t stay =
      kept(*made, every, [&](int64_t step) { return (step - o.save_last_n_steps - 1) / every * every; });
  return fmt::format("{} of {} stay", count(stay), count(*made, "file"));
}

std::string state_size(const Seen& run) {
  const LoraPlan* plan = run.plan();
  if (!plan || plan->state_bytes == 0) return "";
  // Gradients are not in it, the trained numbers are; both have 4 bytes.
  return " of about " + size(double(plan->state_bytes));
}

std::string save_state(const Seen& run) {
  const int64_t every = run.options.run.save_every_n_steps;
  const std::string lost = fmt::format("; at most {} are lost when the power fails", count(every, "step"));
  if (!run.steps()) return "a state" + state_size(run) + " each " + count(every, "step") + lost;
  return fmt::format("{}{} in the run{}", count((*run.steps() + every - 1) / every, "state"), state_size(run), lost);
}

std::string kept_states(const Seen& run, int64_t steps) {
  const int64_t every = run.options.run.save_every_n_steps;
  return fmt::format("about {} are kept at a time{}", count(std::max<int64_t>(2, steps / every + 1), "state"),
                     state_size(run));
}

std::string save_last_n_steps_state(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.save_last_n_steps_state == 0) return "the newest state and the one before it";
  return kept_states(run, o.save_last_n_steps_state);
}

std::string save_last_n_epochs_state(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.save_last_n_epochs_state == 0) return "not said: save_last_n_steps_state decides";
  if (!run.plan()) return fmt::format("states of the last {} stay", count(o.save_last_n_epochs_state, "epoch"));
  const int64_t steps = o.save_last_n_epochs_state * run.plan()->steps_per_epoch;
  if (steps <= o.save_last_n_steps_state) return no_effect("save_last_n_steps_state keeps more");
  return kept_states(run, steps);
}

std::string resume(const Seen& run) {
  const LoraTraining& o = run.options;
  const LoraPlan* plan = run.plan();
  if (plan && plan->steps_done > 0)
    return fmt::format("the run goes on after step {} of {}", count(plan->steps_done), count(plan->steps));
  if (o.resume.empty())
    return fmt::format("none: what is in {}/, or the beginning", o.run.output_dir.filename().string());
  return fmt::format("the run goes on from {}, unless {}/ has a state of a later step", o.resume.filename().string(),
                     o.run.output_dir.filename().string());
}

std::string log_every(const Seen& run) {
  const int64_t every = run.options.run.log_every_n_steps;
  if (!run.steps()) return fmt::format("a row of log.csv each {}", count(every, "step"));
  return fmt::format("{} of log.csv for each curve", count((*run.steps() + every - 1) / every, "point"));
}

std::string logging_dir(const Seen& run) {
  const LoraTraining& o = run.options;
  const std::string folder =
      o.logging_dir.empty() ? o.run.output_dir.filename().string() + "/logs" : o.logging_dir.filename().string();
  return fmt::format("tensorboard --logdir {} shows the curves", folder);
}

std::string log_prefix(const Seen& run) {
  const std::string& prefix = run.options.log_prefix;
  return fmt::format("the curves' folder is named {}YYYYMMDDhhmmss", prefix);
}

std::string training_comment(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.training_comment.empty()) return "none: ss_training_comment is None in the file";
  return fmt::format("ss_training_comment is {} in each file, and other programs show it", quoted(o.training_comment));
}

std::string metadata_title(const Seen& run) {
  const LoraTraining& o = run.options;
  return fmt::format("programs that list models show {}",
                     quoted(o.model_spec.title.empty() ? o.output_name : o.model_spec.title));
}

/// Another text of a file's modelspec.
template <auto kText>
std::string model_spec(const Seen& run) {
  const std::string& text = run.options.model_spec.*kText;
  return text.empty() ? "none: the file does not say" : fmt::format("{}, in each file", quoted(text));
}

std::string no_metadata(const Seen& run) {
  return run.options.no_metadata ? "a file says its base model, rank and alpha, but neither options, folders nor tags"
                                 : "off: a file names its options, folders and how often each tag stands in them";
}

constexpr Row kRows[] = {{"output_dir", output_dir},
                         {"output_name", output_name},
                         {"save_precision", save_precision},
                         {"save_every_n_epochs", save_every_n_epochs},
                         {"save_n_epoch_ratio", save_n_epoch_ratio},
                         {"save_every_n_steps", save_every_n_steps},
                         {"save_last_n_epochs", save_last_n_epochs},
                         {"save_last_n_steps", save_last_n_steps},
                         {"save_state_every_n_steps", save_state},
                         {"save_last_n_steps_state", save_last_n_steps_state},
                         {"save_last_n_epochs_state", save_last_n_epochs_state},
                         {"resume", resume},
                         {"log_every_n_steps", log_every},
                         {"logging_dir", logging_dir},
                         {"log_prefix", log_prefix},
                         {"training_comment", training_comment},
                         {"metadata_title", metadata_title},
                         {"metadata_author", model_spec<&ModelSpec::author>},
                         {"metadata_description", model_spec<&ModelSpec::description>},
                         {"metadata_license", model_spec<&ModelSpec::license>},
                         {"metadata_tags", model_spec<&ModelSpec::tags>},
                         {"metadata_usage_hint", model_spec<&ModelSpec::usage_hint>},
                         {"metadata_trigger_phrase", model_spec<&ModelSpec::trigger_phrase>},
                         {"no_metadata", no_metadata}};

}  // namespace

std::span<const Row> saving_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
