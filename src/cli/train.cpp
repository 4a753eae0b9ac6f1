// darkroom train: a run from a file of options, from options on the command line, or from both.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>
#include <memory>
#include <new>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "cli/job_line.h"
#include "cli/progress_bar.h"
#include "cli/subcommands.h"
#include "cli/training_samples.h"
#include "train/command_line.h"
#include "train/config.h"
#include "train/kohya_options.h"
#include "train/lora_effects.h"
#include "train/run.h"

namespace darkroom::cli {
namespace {

struct TrainOptions {
  std::string file;
  train::ToldOptions told;
  int threads = 0;
  bool quiet = false, dry_run = false, json = false, no_probe = false, explain = false, print_command = false;
  bool options_table = false, job = false;
};

volatile std::sig_atomic_t stop_requested = 0;

/// Shows what goes on, and stops after the step in which somebody asked to. Log lines do not run into the bar.
class Watcher {
 public:
  explicit Watcher(bool quiet) : quiet_(quiet), bar_(stderr, isatty(STDERR_FILENO) == 1) {
    std::signal(SIGINT, [](int) { stop_requested = 1; });
    std::signal(SIGTERM, [](int) { stop_requested = 1; });
    sink_before_ = set_log_sink([this](LogLevel level, const std::string& line) {
      bar_.clear();
      sink_before_(level, line);
    });
  }
  ~Watcher() {
    bar_.clear();
    set_log_sink(std::move(sink_before_));
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void show(const ProgressEvent& event) {
    if (!quiet_) bar_.show(event);
    if (stop_requested == 0) return;
    require(event.stage == "training", ErrorKind::cancelled,
            "training stopped while {}; what was trained before is saved, the same command continues", event.stage);
    fail(ErrorKind::cancelled, "training stopped after step {} of {}; its state is saved, the same command continues",
         event.step, event.total);
  }

 private:
  bool quiet_;
  ProgressBar bar_;
  LogSink sink_before_;
};

const train::LoraTraining& as_lora(const train::Training& training, const char* flag) {
  const auto* lora = std::get_if<train::LoraTraining>(&training);
  require(lora != nullptr, ErrorKind::invalid_request, "darkroom train {}: it is for LoRA training", flag);
  return *lora;
}

/// Each option with its value, whether that was said, what it does, and what it does at this value.
void explain(const train::LoraTraining& lora) {
  const std::vector<train::OptionRow> rows = train::lora_option_rows();
  const auto values = train::option_values(lora);
  const train::RunFacts facts = train::run_facts(lora, train::size_in_file);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& [name, value, list] = values[i];
    fmt::print("{} = {}{}\n    {}\n", name, value.empty() ? "(nothing)" : value,
               value == rows[i].standard ? "  [default]" : "", rows[i].words);
    fmt::print("    now: {}\n", train::effect_of(name, lora, facts));
  }
}

/// docs/training-options.md: a test holds the file against this.
void print_options_table() {
  fmt::print(
      "# Options of LoRA training\n\n"
      "Made by `darkroom train --options-table`. Names are those of kohya's train_network.py; all of its options are "
      "here.\n\n"
      "| option | default | |\n|---|---|---|\n");
  for (const train::OptionRow& row : train::lora_option_rows())
    fmt::print("| `{}` | {} | {} |\n", row.name, row.standard.empty() ? "" : "`" + row.standard + "`", row.words);
  for (const auto& [verdict, title] : {std::pair{train::KohyaVerdict::renamed, "Accepted, as another option"},
                                       {train::KohyaVerdict::needless, "Accepted, but nothing changes"},
                                       {train::KohyaVerdict::refused, "Refused"}}) {
    fmt::print("\n## {}\n\n| option | {} |\n|---|---|\n", title,
               verdict == train::KohyaVerdict::renamed ? "is" : "because");
    for (const train::KohyaOption& option : train::kohya_options())
      if (option.verdict == verdict) fmt::print("| `{}` | {} |\n", option.name, option.reason);
  }
}

void check_samples(const train::Training& training) {
  if (const auto* lora = std::get_if<train::LoraTraining>(&training)) TrainingSamples::check(*lora);
}

void run_with_samples(const train::Training& training, const Progress& progress, train::LoraHooks hooks = {}) {
  check_samples(training);
  TrainingSamples samples;
  hooks.make_samples = [&](const auto& lora, const auto& file, const auto& folder, const auto& name) {
    samples.make(lora, file, folder, name);
  };
  train::run_training(training, progress, hooks);
}

void run(const TrainOptions& options) {
  if (options.options_table) return print_options_table();
  const train::Training training = train::read_training_config(options.file, options.told);
  if (options.explain) return explain(as_lora(training, "--explain"));
  if (options.print_command) return fmt::print("{}\n", train::darkroom_command(as_lora(training, "--print-command")));
  train::set_threads(options.threads);
  Watcher watcher(options.quiet);
  const Progress progress = [&](const ProgressEvent& event) { watcher.show(event); };
  if (options.dry_run) {
    check_samples(training);
    const train::LoraPlan plan = train::plan_training(as_lora(training, "--dry-run"), progress, !options.no_probe);
    fmt::print("{}", options.json ? plan_json(plan) + "\n" : plan_text(plan));
    return;
  }
  run_with_samples(training, progress);
}

/// For a server that started this process: see job_line.h.
void run_as_job(const TrainOptions& options) {
  JobLine line;
  try {
    train::set_threads(options.threads);
    const train::Training training = train::read_training_config(options.file, options.told);
    if (options.dry_run) {
      check_samples(training);
      const train::LoraPlan plan = train::plan_training(
          as_lora(training, "--dry-run"), [&](const ProgressEvent& event) { line.show(event); }, !options.no_probe);
      return line.give("plan", plan_json(plan));
    }
    run_with_samples(training, [&](const ProgressEvent& event) { line.show(event); },
                     {.wishes = [&] { return line.take_wishes(); },
                      .looks_at_batch = [&](int64_t step, const auto& pictures) { line.show_batch(step, pictures); },
                      .hears = [&](const train::TrainingEvent& event) { line.note(event); }});
  } catch (const Error& error) {
    line.fail(error.what());
    throw;
  } catch (const std::bad_alloc&) {
    line.fail("out of memory; try a smaller size or batch, or gradient_checkpointing");
    throw;
  } catch (const std::exception& error) {
    line.fail(error.what());
    throw;
  }
}

/// kohya's options under their own names: those that act, and those that are accepted or refused with a reason.
void add_lora_options(CLI::App& command, const std::shared_ptr<TrainOptions>& options) {
  for (const train::OptionRow& row : train::lora_option_rows()) {
    const std::string words =
        row.words + (row.standard.empty() || row.is_flag ? "." : fmt::format(". [{}]", row.standard));
    CLI::Option* option = command.add_option("--" + row.name, options->told[row.name], words);
    option->group("LoRA training (kohya's names)")->type_name("");
    option->expected(row.is_flag ? 0 : 1, row.is_list ? CLI::detail::expected_max_vector_size : 1);
    option->take_all();
  }
  for (const train::KohyaOption& other : train::kohya_options()) {
    command.add_option(std::string("--") + other.name, options->told[other.name])
        ->group("")
        ->expected(0, CLI::detail::expected_max_vector_size);
  }
}

}  // namespace

void add_train(CLI::App& program) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = program.add_subcommand(
      "train", "Train a LoRA from folders of pictures; or a VAE, or a text encoder and UNet, of small models");
  command->add_option("options", options->file,
                      "TOML file with kind = \"lora\", \"vae\" or \"diffusion\" and the options of the run, or one of "
                      "kohya's trainer. LoRA training can be told on the command line too. A run that was stopped "
                      "continues exactly where it was.");
  command->add_option("--threads", options->threads, "Threads to compute with; 0 = one per physical core")
      ->check(CLI::Range(0, 1024));
  command->add_flag("--quiet", options->quiet, "No progress");
  command->add_flag("--dry-run", options->dry_run,
                    "Show what would be done, and compute the largest batch to measure it");
  command->add_flag("--json", options->json, "With --dry-run: as JSON");
  command->add_flag("--no-probe", options->no_probe, "With --dry-run: measure nothing");
  command->add_flag("--explain", options->explain, "Show every option, its value, and what it does at this value");
  command->add_flag("--print-command", options->print_command, "Show the run as one line of options");
  command->add_flag("--options-table", options->options_table, "Print the table of all options for docs")->group("");
  command->add_flag("--job", options->job, "Tell what goes on in lines of JSON, and heed lines of standard input")
      ->group("");
  add_lora_options(*command, options);
  CLI::App* const parsed = command;
  command->callback([options, parsed] {
    TrainOptions said = *options;
    std::erase_if(said.told, [&](const auto& told) { return parsed->count("--" + told.first) == 0; });
    if (said.job) return run_as_job(said);
    run(said);
  });
}

}  // namespace darkroom::cli
