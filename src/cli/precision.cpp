// darkroom precision: what fp16 and bf16 would make of a picture.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/progress_bar.h"
#include "cli/request_options.h"
#include "cli/subcommands.h"
#include "lab/precision_report.h"

namespace darkroom::cli {

void add_precision(CLI::App& program) {
  struct PrecisionOptions {
    std::string prompt, output;
    bool json = false, quiet = false;
  };
  auto options = std::make_shared<PrecisionOptions>();
  auto said = std::make_shared<generate::Settings>();
  CLI::App* command = program.add_subcommand(
      "precision",
      "One picture in fp32, bf16 and fp16: where values become too large or too small, how far each layer strays, and "
      "which part should stay in fp32. Works on every processor: bf16 and fp16 are emulated");
  command->add_option("--prompt", options->prompt, "What to make.")->required();
  for (const generate::RequestField& field : generate::request_fields()) {
    const bool is_about_numbers = field.name == "precision" || field.name == "vae_precision" || field.name == "plain";
    const bool is_count = field.name == "batch_size" || field.name == "n_iter";
    if (!field.flag.empty() && !is_about_numbers && !is_count) add_request_option(*command, field, said);
  }
  command->add_option("-o,--output", options->output, "Folder for the report: README.md, precision.html, plots.");
  command->add_flag("--json", options->json, "For programs: everything, layer by layer.");
  command->add_flag("-q,--quiet", options->quiet, "No progress.");
  command->callback([options, said] {
    (*said)["prompt"] = options->prompt;
    said->emplace("seed", "0");
    ProgressBar bar(stderr, isatty(fileno(stderr)) != 0);
    const lab::PrecisionReport report = lab::measure_precision(*said, [&](const ProgressEvent& event) {
      if (!options->quiet) bar.show(event);
    });
    bar.clear();
    if (!options->output.empty()) lab::write_precision(options->output, report);
    fmt::print("{}", options->json ? lab::precision_json(report) : lab::precision_text(report));
  });
}

}  // namespace darkroom::cli
