// darkroom bench: how fast this machine makes pictures, and how fast it could.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/error.h"
#include "bench/measure.h"
#include "bench/report.h"
#include "cli/progress_bar.h"
#include "cli/request_options.h"
#include "cli/subcommands.h"
#include "formats/atomic_file.h"
#include "formats/utf8.h"

namespace darkroom::cli {
namespace {

struct BenchOptions {
  std::string size, json, output;
  std::vector<std::string> parts;
  bool plain = false, compares_plain = false, explains = false, quiet = false;
};

/// "512x768" into width and height; their ranges are the request's.
void say_size(generate::Settings& said, const std::string& size) {
  if (size.empty()) return;
  const size_t cross = size.find_first_of("xX");
  const auto is_number = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  const std::string width = size.substr(0, cross), height = cross == std::string::npos ? "" : size.substr(cross + 1);
  require(is_number(width) && is_number(height), ErrorKind::invalid_request,
          "--size: width and height are needed, such as 512x512; {} was given", formats::in_quotes(size));
  said["width"] = width;
  said["height"] = height;
}

}  // namespace

void add_bench(CLI::App& program) {
  auto options = std::make_shared<BenchOptions>();
  auto said = std::make_shared<generate::Settings>();
  CLI::App* command = program.add_subcommand(
      "bench",
      "How fast this machine makes pictures, and how fast it could: time, work and the fraction of the measured peak, "
      "of "
      "each class of layers, a step, whole pictures. Nothing else should run. --explain says what the figures mean");
  for (const char* name : {"model", "precision", "vae_precision", "threads"})
    add_request_option(*command, generate::request_field(name), said);
  add_request_option(*command, generate::request_field("steps"), said, "4");
  command->add_option("--size", options->size, "Of the picture, in pixels: 512x512. [the model's own]");
  command
      ->add_option("--parts", options->parts,
                   fmt::format("Only these, in this order: {}. [all]", fmt::join(bench::bench_parts(), ",")))
      ->delimiter(',');
  command->add_flag("--plain", options->plain, "Without fast paths: what they are held against.");
  command->add_flag("--compare-plain", options->compares_plain, "The step without fast paths as well.");
  command->add_option("--json", options->json, "A file for programs; - is standard output, instead of the tables.");
  command->add_option("-o,--out", options->output, "Folder for a page: bench.html, README.md, pictures, bench.json.");
  command->add_flag("--explain", options->explains, "Say what the figures mean, and measure nothing.");
  command->add_flag("-q,--quiet", options->quiet, "No progress.");
  command->callback([options, said] {
    if (options->explains) {
      fmt::print("{}\n", bench::bench_explanation());
      return;
    }
    require(!options->plain || !options->compares_plain, ErrorKind::invalid_request,
            "--plain and --compare-plain: one of the two; the second measures both paths");
    say_size(*said, options->size);
    ProgressBar bar(stderr, isatty(fileno(stderr)) != 0);
    const bench::Bench found = bench::measure({.said = *said,
                                               .parts = {options->parts.begin(), options->parts.end()},
                                               .plain = options->plain,
                                               .compares_plain = options->compares_plain},
                                              [&](const ProgressEvent& event) {
                                                if (!options->quiet) bar.show(event);
                                              });
    bar.clear();
    if (!options->output.empty()) bench::write_bench(options->output, found);
    if (options->json == "-") {
      fmt::print("{}", bench::bench_json(found));
      return;
    }
    if (!options->json.empty()) formats::write_file(options->json, bench::bench_json(found));
    fmt::print("{}", bench::bench_text(found));
  });
}

}  // namespace darkroom::cli
