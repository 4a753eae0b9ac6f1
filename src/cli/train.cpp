// darkroom train: a run from a file of options.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/progress_bar.h"
#include "cli/subcommands.h"
#include "train/config.h"
#include "train/run.h"

namespace darkroom::cli {
namespace {

struct TrainOptions {
  std::string file;
  int threads = 0;
  bool quiet = false;
};

volatile std::sig_atomic_t stop_requested = 0;

void run(const TrainOptions& options) {
  const train::Training training = train::read_training_config(options.file);
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  ProgressBar bar(stderr, is_terminal);
  // The run finishes its step, writes its state and stops: nothing is lost, and the same command continues it.
  std::signal(SIGINT, [](int) { stop_requested = 1; });
  std::signal(SIGTERM, [](int) { stop_requested = 1; });
  train::set_threads(options.threads);
  train::run_training(training, [&](const ProgressEvent& event) {
    if (!options.quiet) bar.show(event);
    require(stop_requested == 0, ErrorKind::cancelled,
            "training stopped after step {} of {}; its state is saved, the same command continues", event.step,
            event.total);
  });
  bar.clear();
}

}  // namespace

void add_train(CLI::App& program) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command =
      program.add_subcommand("train", "Train a VAE, or a text encoder and UNet, from captioned pictures");
  command
      ->add_option("options", options->file,
                   "TOML file with kind = \"vae\" or \"diffusion\" and the options of the run. A run that was stopped "
                   "continues exactly where it was.")
      ->required();
  command->add_option("--threads", options->threads, "Threads to compute with; 0 = one per physical core")
      ->check(CLI::Range(0, 1024));
  command->add_flag("--quiet", options->quiet, "No progress");
  command->callback([options] { run(*options); });
}

}  // namespace darkroom::cli
