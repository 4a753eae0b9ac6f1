#include "lab/precision_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "formats/atomic_file.h"
#include "formats/png.h"
#include "imaging/compose.h"
#include "lab/document.h"
#include "lab/svg_plot.h"

namespace darkroom::lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kLargestHalf = 65504;
constexpr size_t kListed = 12;
constexpr int kEnlarged = 8;  // differences are shown this many times larger

std::string decibels(double psnr) {
  return std::isinf(psnr) ? "the same picture" : fmt::format("{:.1f} dB", psnr);
}

Json number_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json run_json(const PrecisionReport& report, const PrecisionRun& run) {
  Json json = {{"format", run.format},
               {"emulated", run.seconds == 0},
               {"failure", run.failure.empty() ? Json() : Json(run.failure)},
               {"psnr", number_or_null(run.psnr)},
               {"largest_difference", run.largest_difference},
               {"weight_bytes", run.weight_bytes},
               {"seconds", run.seconds > 0 ? Json(run.seconds) : Json()},
               {"keep_in_fp32", part_to_keep(report, run.format)}};
  for (const LayerPrecision& layer : run.layers)
    json["layers"].push_back({{"part", layer.part},
                              {"layer", layer.layer},
                              {"operation", layer.operation},
                              {"largest", layer.largest},
                              {"overflows", layer.overflows},
                              {"underflows", layer.underflows},
                              {"not_numbers", layer.not_numbers},
                              {"rounding", layer.rounding},
                              {"error", layer.error}});
  return json;
}

std::string verdict(const PrecisionReport& report, const PrecisionRun& run) {
  const std::string keep = part_to_keep(report, run.format);
  std::string text = run.failure.empty() ? decibels(run.psnr) + " against fp32" : "no picture: " + run.failure;
  if (const LayerPrecision* overflow = first_overflow(run))
    text += fmt::format("; the first values beyond its range are those of {} {} ({})", overflow->part, overflow->layer,
                        overflow->operation);
  if (run.format != "fp32") text += keep.empty() ? "; no part needs more" : fmt::format("; keep the {} in fp32", keep);
  return text;
}

Table runs_table(const PrecisionReport& report) {
  Table table{{"format", "against fp32", "largest difference", "weights", "time", "verdict"}, {}};
  for (const PrecisionRun& run : report.runs)
    table.rows.push_back({run.format, run.failure.empty() ? decibels(run.psnr) : "no picture",
                          fmt::format("{} of 255", run.largest_difference),
                          fmt::format("{:.1f} MB", double(run.weight_bytes) / 1e6),
                          run.seconds > 0 ? fmt::format("{:.2f} s", run.seconds) : "emulated", verdict(report, run)});
  return table;
}

Table parts_table(const PrecisionReport& report) {
  Table table{{"in it alone", "bf16", "fp16"}, {}};
  for (const PartPrecision& part : report.parts) {
    auto row = std::find_if(table.rows.begin(), table.rows.end(), [&](const auto& r) { return r[0] == part.part; });
    if (row == table.rows.end()) row = table.rows.insert(row, {part.part, "", ""});
    (*row)[part.format == "bf16" ? 1 : 2] = part.psnr == 0 ? "no picture" : decibels(part.psnr);
  }
  return table;
}

/// The operations that lie furthest from fp32, and those with the largest values.
Table layers_table(const PrecisionRun& run, double LayerPrecision::*rank) {
  std::vector<const LayerPrecision*> order;
  for (const LayerPrecision& layer : run.layers) order.push_back(&layer);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return a->*rank > b->*rank; });
  order.resize(std::min(order.size(), kListed));
  Table table{{"part", "layer", "operation", "largest value", "error", "its own rounding", "overflows", "became 0"},
              {}};
  for (const LayerPrecision* layer : order)
    table.rows.push_back({layer->part, layer->layer, layer->operation, fmt::format("{:.4g}", layer->largest),
                          fmt::format("{:.2e}", layer->error), fmt::format("{:.2e}", layer->rounding),
                          fmt::format("{}", layer->overflows), fmt::format("{}", layer->underflows)});
  return table;
}

LogPlot plot(const PrecisionReport& report, const char* title, const char* label, double LayerPrecision::*value,
             bool with_fp32) {
  LogPlot plot{title, "operation, in the order they act", label, {}, true};
  for (const PrecisionRun& run : report.runs) {
    if (run.format == "fp32" && !with_fp32) continue;
    Series series{run.format, {}};
    for (size_t i = 0; i < run.layers.size(); ++i) series.points.emplace_back(double(i + 1), run.layers[i].*value);
    plot.series.push_back(series);
  }
  return plot;
}

Image pictures(const PrecisionReport& report) {
  const Image& reference = report.runs.front().picture;
  Image sheet(reference.width * int(report.runs.size()), reference.height * 2, 3);
  for (size_t i = 0; i < report.runs.size(); ++i) {
    const Image& picture = report.runs[i].picture;
    if (picture.pixels.empty()) continue;  // stays black, as it would be
    Image difference(picture.width, picture.height, 3);
    for (size_t k = 0; k < picture.pixels.size(); ++k)
      difference.pixels[k] = uint8_t(std::min(255, kEnlarged * std::abs(picture.pixels[k] - reference.pixels[k])));
    imaging::paste(sheet, picture, reference.width * int(i), 0);
    imaging::paste(sheet, difference, reference.width * int(i), reference.height);
  }
  return sheet;
}

Document document(const PrecisionReport& report) {
  Document page{fmt::format("What precision costs: {}", report.model_name), {}};
  page.sections.push_back(
      {"The picture in three formats",
       fmt::format(
           "\"{}\", {} steps, with bf16 and fp16 emulated: every operation takes rounded numbers, computes in fp32 "
           "and rounds its answer. Below the pictures: their differences to fp32, {} times enlarged.",
           report.prompt, report.steps, kEnlarged),
       runs_table(report), "pictures.png"});
  page.sections.push_back({"One part alone in less", "Which part it is that matters.", parts_table(report)});
  page.sections.push_back({"Errors on the way",
                           "How far each operation of the first call is from the same in fp32: what all before it have "
                           "added up, relative to its size.",
                           {},
                           "precision_error.svg"});
  page.sections.push_back(
      {"Sizes on the way",
       fmt::format("The largest value of each operation. fp16 ends at {:.0f}; bf16 has fp32's range.", kLargestHalf),
       {},
       "precision_magnitude.svg"});
  for (const PrecisionRun& run : report.runs) {
    if (run.format == "fp32") continue;
    page.sections.push_back(
        {fmt::format("Furthest from fp32 in {}", run.format), "", layers_table(run, &LayerPrecision::error)});
    page.sections.push_back(
        {fmt::format("Largest values in {}", run.format), "", layers_table(run, &LayerPrecision::largest)});
  }
  return page;
}

}  // namespace

std::string precision_json(const PrecisionReport& report) {
  Json json = {{"prompt", report.prompt}, {"model", report.model_name}, {"steps", report.steps}};
  for (const PrecisionRun& run : report.runs) json["runs"].push_back(run_json(report, run));
  for (const PartPrecision& part : report.parts)
    json["parts"].push_back({{"part", part.part}, {"format", part.format}, {"psnr", number_or_null(part.psnr)}});
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string precision_text(const PrecisionReport& report) {
  std::string text;
  for (const PrecisionRun& run : report.runs)
    if (run.format != "fp32") text += fmt::format("{}: {}\n", run.format, verdict(report, run));
  for (const PartPrecision& part : report.parts)
    text += fmt::format("  {} alone in {}: {}\n", part.part, part.format,
                        part.psnr == 0 ? "no picture" : decibels(part.psnr));
  return text;
}

void write_precision(const std::filesystem::path& folder, const PrecisionReport& report) {
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, const std::string& text) { formats::write_file(folder / name, text); };
  write("precision_error.svg",
        svg(plot(report, "Distance from fp32", "relative error", &LayerPrecision::error, /*with_fp32=*/false)));
  write("precision_magnitude.svg",
        svg(plot(report, "Largest value of each operation", "magnitude", &LayerPrecision::largest, true)));
  formats::write_png(folder / "pictures.png", pictures(report), {});
  write("precision.json", precision_json(report));
  write("precision.html", html(document(report)));
  write("README.md", markdown(document(report)));
}

}  // namespace darkroom::lab
