// darkroom xyz, darkroom matrix: many pictures in one.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "cli/output_names.h"
#include "cli/progress_bar.h"
#include "cli/request_options.h"
#include "cli/style_options.h"
#include "cli/subcommands.h"
#include "formats/picture_file.h"
#include "formats/png.h"
#include "plot/xyz.h"

namespace darkroom::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PlotOptions {
  generate::Settings said;
  StyleOptions styles;
  std::string x, y, z;
  std::string output = "plot.png", cells;
  int quality = formats::kDefaultQuality;
  bool quiet = false;
};

plot::Axis axis_of(const char* flag, const std::string& text, const std::vector<prompt::Style>& styles) {
  if (text.empty()) return plot::no_axis();
  try {
    return plot::axis_of(text, styles);
  } catch (const Error& error) {
    throw error.within(flag);
  }
}

/// The recipes of all cells, for the chunk "darkroom.cells".
std::string cells_json(const plot::Plan& plan, const plot::Plot& plot) {
  Json cells = Json::array();
  for (size_t i = 0; i < plot.cells.size(); ++i) {
    const size_t columns = size_t(plan.columns), rows = size_t(plan.rows);
    cells.push_back({{"x", i % columns},
                     {"y", i / columns % rows},
                     {"z", i / columns / rows},
                     {"infotext", plot.cells[i].infotext}});
  }
  return cells.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void write_plot(const PlotOptions& options, const plot::Plan& plan, const plot::Plot& plot) {
  if (formats::format_of_name(options.output).kind == formats::FileKind::png)
    formats::write_png(options.output, plot.image,
                       {{"parameters", plot.infotext}, {"darkroom.cells", cells_json(plan, plot)}});
  else
    formats::write_picture(options.output, plot.image, plot.infotext, options.quality);
}

void run_plot(const PlotOptions& options, const plot::Plan& plan) {
  OutputNames(options.output, 1).require_writable();
  ProgressBar bar(stderr, isatty(fileno(stderr)) != 0);
  std::optional<OutputNames> names;
  if (!options.cells.empty()) names.emplace(options.cells, int(plan.cells.size()));
  const auto write_cell = [&](int index, const plot::Cell& cell) {
    if (!names) return;
    names->make_folder();
    formats::write_picture(names->path(index, cell.request.seed), cell.image, cell.infotext, options.quality);
  };
  const auto show = [&](const ProgressEvent& event) {
    if (!options.quiet) bar.show(event);
  };
  const plot::Plot plot = plot::plotted(plan, {.on_progress = show, .on_cell = write_cell});
  write_plot(options, plan, plot);
  if (options.quiet) return;
  bar.clear();
  fmt::print("{}  {}x{}, {} pictures\n", options.output, plot.image.width, plot.image.height, plot.cells.size());
}

/// What both commands have in common.
void add_common(CLI::App& command, const std::shared_ptr<PlotOptions>& options) {
  command.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  const std::shared_ptr<generate::Settings> said(options, &options->said);
  for (const generate::RequestField& field : generate::request_fields())
    if (field.name != "batch_size" && field.name != "n_iter") add_request_option(command, field, said);
  add_style_options(command, std::shared_ptr<StyleOptions>(options, &options->styles));
  command.add_option("-o,--output", options->output, "File: .png, .jpg or .webp. [plot.png]");
  command.add_option("--cells", options->cells, "Also each picture by itself: folder/ or pattern like out/%05d.png.");
  command.add_option("--quality", options->quality, "Of .jpg and .webp; a .webp of 100 keeps every pixel. [80]")
      ->check(CLI::Range(1, 100));
  command.add_flag("-q,--quiet", options->quiet, "Print nothing but errors.");
}

void require_prompt(const PlotOptions& options) {
  require(options.said.contains("prompt"), ErrorKind::invalid_request, "a prompt is needed");
}

}  // namespace

void add_xyz(CLI::App& program) {
  auto options = std::make_shared<PlotOptions>();
  CLI::App* command = program.add_subcommand("xyz", "One picture of many: fields varied along up to three axes");
  add_common(*command, options);
  constexpr const char* kHelp[] = {
      "Columns: \"Steps: 5,10,20\", \"Seed: 1-4\", \"CFG scale: 1-10 [5]\", \"Steps: 5-20 (+5)\", \"Sampler: Euler, "
      "DPM++ 2M\", \"Prompt S/R: cat, dog\", \"Prompt order: a, b, c\", \"Styles: ink\", \"Size: 64x128\"; a value "
      "with "
      "a comma stands in quotes.",
      "Rows, likewise.", "Blocks beside one another, likewise."};
  command->add_option("--x", options->x, kHelp[0]);
  command->add_option("--y", options->y, kHelp[1]);
  command->add_option("--z", options->z, kHelp[2]);
  command->callback([options] {
    require_prompt(*options);
    const std::vector<prompt::Style> styles = styles_of(options->styles);
    const auto said = with_styles(options->said, options->styles);
    run_plot(*options, plot::xyz_plan(said, axis_of("--x", options->x, styles), axis_of("--y", options->y, styles),
                                      axis_of("--z", options->z, styles)));
  });
}

void add_matrix(CLI::App& program) {
  auto options = std::make_shared<PlotOptions>();
  CLI::App* command =
      program.add_subcommand("matrix", "One picture of many: \"a|b|c\" with and without each part after the first");
  add_common(*command, options);
  command->callback([options] {
    require_prompt(*options);
    run_plot(*options, plot::matrix_plan(with_styles(options->said, options->styles)));
  });
}

}  // namespace darkroom::cli
