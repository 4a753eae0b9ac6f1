// darkroom guidance: what the CFG scale and the negative prompt do.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/progress_bar.h"
#include "cli/request_options.h"
#include "cli/subcommands.h"
#include "lab/guidance_report.h"

namespace darkroom::cli {

void add_guidance(CLI::App& program) {
  struct GuidanceOptions {
    std::string prompt, output;
    std::vector<double> cfg_scales = {1, 3, 7, 11, 20};
    bool json = false, quiet = false;
  };
  auto options = std::make_shared<GuidanceOptions>();
  auto said = std::make_shared<generate::Settings>();
  CLI::App* command = program.add_subcommand("guidance",
                                             "One picture at several CFG scales: how large the answers with and "
                                             "without the prompt are, what guidance makes of "
                                             "them, what the negative prompt changes");
  command->add_option("--prompt", options->prompt, "What to make.")->required();
  command->add_option("--cfg", options->cfg_scales, "The CFG scales. [1,3,7,11,20]")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 100.0));
  for (const generate::RequestField& field : generate::request_fields()) {
    const bool is_ours = field.name == "cfg_scale" || field.name == "batch_size" || field.name == "n_iter";
    if (!field.flag.empty() && !is_ours) add_request_option(*command, field, said);
  }
  command->add_option("-o,--output", options->output, "Folder for the report: README.md, guidance.html, plots.");
  command->add_flag("--json", options->json, "For programs: everything, call by call.");
  command->add_flag("-q,--quiet", options->quiet, "No progress.");
  command->callback([options, said] {
    (*said)["prompt"] = options->prompt;
    said->emplace("seed", "0");
    ProgressBar bar(stderr, isatty(fileno(stderr)) != 0);
    const lab::GuidanceReport report =
        lab::measure_guidance(*said, options->cfg_scales, [&](const ProgressEvent& event) {
          if (!options->quiet) bar.show(event);
        });
    bar.clear();
    if (!options->output.empty()) lab::write_guidance(options->output, report);
    fmt::print("{}", options->json ? lab::guidance_json(report) : lab::guidance_text(report));
  });
}

}  // namespace darkroom::cli
