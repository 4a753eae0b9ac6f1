#include "server/sdapi/plot_script.h"

#include "base/error.h"
#include "formats/csv.h"
#include "generate/infotext_syntax.h"
#include "generate/run.h"

namespace darkroom::server {
namespace {

using nlohmann::json;

enum class For { both, txt2img, img2img };

struct A1111Axis {
  const char* name;  ///< ours too, where we have it
  For kind = For::both;
  bool has_choices = false;  ///< its values come in the list, unless "text inputs" are chosen
  bool is_ours = true;
};

constexpr A1111Axis kAxes[] = {
    {"Nothing"},
    {"Seed"},
    {"Var. seed"},
    {"Var. strength"},
    {"Steps"},
    {"Hires steps", For::txt2img},
    {"CFG Scale"},
    {"Image CFG Scale", For::img2img, false, /*is_ours=*/false},
    {"Prompt S/R"},
    {"Prompt order"},
    {"Sampler", For::txt2img, true},
    {"Hires sampler", For::txt2img, true},
    {"Sampler", For::img2img, true},
    {"Checkpoint name", For::both, true},
    {"Negative Guidance minimum sigma", For::both, false, /*is_ours=*/false},
    {"Sigma Churn"},
    {"Sigma min"},
    {"Sigma max"},
    {"Sigma noise"},
    {"Schedule type", For::both, true},
    {"Schedule min sigma"},
    {"Schedule max sigma"},
    {"Schedule rho"},
    {"Skip Early CFG", For::both, false, /*is_ours=*/false},
    {"Beta schedule alpha", For::both, false, /*is_ours=*/false},
    {"Beta schedule beta", For::both, false, /*is_ours=*/false},
    {"Eta"},
    {"Clip skip"},
    {"Denoising"},
    {"Initial noise multiplier"},
    {"Extra noise"},
    {"Hires upscaler", For::txt2img, true},
    {"Cond. Image Mask Weight", For::img2img},
    {"VAE", For::both, true},
    {"Styles", For::both, true},
    {"UniPC Order"},
    {"Face restore", For::both, false, /*is_ours=*/false},
    {"Token merging ratio", For::both, false, /*is_ours=*/false},
    {"Token merging ratio high-res", For::both, false, /*is_ours=*/false},
    {"Always discard next-to-last sigma", For::both, true},
    {"SGM noise multiplier", For::both, true, /*is_ours=*/false},
    {"Refiner checkpoint", For::both, true, /*is_ours=*/false},
    {"Refiner switch at", For::both, false, /*is_ours=*/false},
    {"RNG source", For::both, true},
    {"FP8 mode", For::both, true, /*is_ours=*/false},
    {"Size"},
};

/// The places of the script's arguments.
enum Argument {
  kX = 0,  ///< type, values, values of the list; the same for y and z
  kY = 3,
  kZ = 6,
  kLegend = 9,
  kCells,
  kLayers,
  kKeepsSeeds,
  kVaryX,
  kVaryY,
  kVaryZ,
  kMargin,
  kTextInputs,
  kCount
};

std::vector<A1111Axis> axes_of(ImageKind kind) {
  std::vector<A1111Axis> axes;
  for (const A1111Axis& axis : kAxes)
    if (axis.kind == For::both || (axis.kind == For::txt2img) == (kind == ImageKind::txt2img)) axes.push_back(axis);
  return axes;
}

/// A switch; clients write them as texts too.
bool is_on(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return value == "true" || value == "True";
  return value.is_number() && value.get<double>() != 0;
}

std::string quoted(const std::string& value) {
  if (value.find_first_of(",\"\n") == std::string::npos) return value;
  std::string text = "\"";
  for (const char c : value) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ",") + quoted(value);
  return text;
}

std::vector<std::string> texts_in(const json& list) {
  std::vector<std::string> values;
  if (list.is_array())
    for (const json& value : list) {
      require(value.is_string(), ErrorKind::invalid_request, "script_args: lists of values hold texts");
      values.push_back(value);
    }
  return values;
}

/// Each open seed of an axis is drawn for itself, once.
std::string with_drawn_seeds(const std::string& text) {
  std::vector<std::string> seeds;
  for (const formats::CsvRow& row : formats::csv_rows(text))
    for (const std::string& one : row) {
      const std::string seed(generate::trimmed(one));
      seeds.push_back(seed.empty() || seed == "-1" ? std::to_string(generate::drawn_seed(-1)) : seed);
    }
  return joined(seeds);
}

/// "Steps: 5,10", or "" for Nothing.
std::string axis_text(const json& arguments, Argument first, ImageKind kind) {
  const json& type = arguments[first];
  const std::vector<A1111Axis> axes = axes_of(kind);
  require(type.is_number_integer() && type >= 0 && type < axes.size(), ErrorKind::invalid_request,
          "script_args: argument {} is the number of an axis, 0 to {}", int(first), axes.size() - 1);
  const A1111Axis& axis = axes[type.get<size_t>()];
  if (std::string_view(axis.name) == "Nothing") return "";
  require(axis.is_ours, ErrorKind::invalid_request, "{}: Darkroom does not have the axis {}", kPlotScript, axis.name);
  const json& said = arguments[first + 1];
  require(said.is_string(), ErrorKind::invalid_request, "script_args: argument {} is a text of values", first + 1);
  std::string values = said;
  // Parity: with an empty list A1111 makes a plot without cells; we take the text.
  const std::vector<std::string> chosen = texts_in(arguments[first + 2]);
  if (axis.has_choices && !is_on(arguments[kTextInputs]) && !chosen.empty()) values = joined(chosen);
  const std::string_view name = axis.name;
  if (name == "Seed" || name == "Var. seed") values = with_drawn_seeds(values);
  return fmt::format("{}: {}", name, values);
}

}  // namespace

PlotScript plot_script(const json& arguments, ImageKind kind) {
  require(arguments.size() == kCount, ErrorKind::invalid_request,
          "script_args of {}: {} arguments are needed as in AUTOMATIC1111 1.10, {} were given", kPlotScript,
          int(kCount), arguments.size());
  PlotScript script{.x = axis_text(arguments, kX, kind),
                    .y = axis_text(arguments, kY, kind),
                    .z = axis_text(arguments, kZ, kind),
                    .sends_cells = is_on(arguments[kCells])};
  require(!script.x.empty() || !script.y.empty() || !script.z.empty(), ErrorKind::invalid_request,
          "{}: at least one axis must not be Nothing", kPlotScript);
  for (const Argument varies : {kKeepsSeeds, kVaryX, kVaryY, kVaryZ})
    require(!is_on(arguments[varies]), ErrorKind::invalid_request,
            "{}: all cells have the seed of the request; for other seeds take an axis Seed", kPlotScript);
  if (!is_on(arguments[kLegend])) script.warnings.push_back("draw_legend: the plot always has its legends");
  if (is_on(arguments[kLayers])) script.warnings.push_back("include_sub_grids: the layers of Z are in one picture");
  if (arguments[kMargin] != 0) script.warnings.push_back("margin_size has no effect: cells stand without margins");
  return script;
}

}  // namespace darkroom::server
