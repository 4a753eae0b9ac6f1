#include "bench/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/chart.h"
#include "formats/atomic_file.h"
#include "lab/document.h"
#include "lab/svg_plot.h"

namespace darkroom::bench {
namespace {

using Json = nlohmann::ordered_json;
using lab::Table;

constexpr double kStill = 0.05;  // peaks that differ by less are one

std::string seconds_text(double seconds) {
  if (seconds >= 1) return fmt::format("{:.2f} s", seconds);
  return seconds >= 0.001 ? fmt::format("{:.1f} ms", 1e3 * seconds) : fmt::format("{:.0f} us", 1e6 * seconds);
}

std::string spread_text(const Timing& time) {
  if (time.runs < 2) return "1 run";
  return fmt::format("{} to {}, {} runs", seconds_text(time.fastest), seconds_text(time.slowest), time.runs);
}

std::string percent(double fraction) {
  return fmt::format("{:.0f} %", 100 * fraction);
}

std::string gigaflop(double flop) {
  return flop > 0 ? fmt::format("{:.4g}", flop / 1e9) : "";
}

std::string rate(double flop, const Timing& time) {
  return flop > 0 ? fmt::format("{:.0f}", flop / time.median / 1e9) : "";
}

std::string precision_words(const Bench& bench) {
  return bench.precision + (bench.plain ? ", plain paths" : "");
}

std::string machine_words(const Bench& bench) {
  const Machine& machine = bench.machine;
  return fmt::format("{}, {}, {} in our kernels, {} in libtorch", machine.cpu,
                     machine.threads == 1 ? "1 thread" : fmt::format("{} threads", machine.threads),
                     machine.instructions, machine.libtorch);
}

std::string peak_words(const Bench& bench) {
  const Peak& first = bench.peaks.front();
  std::string words = fmt::format(
      "Peak: {:.0f} GFLOP/s of fp32 (all threads, in registers); {}", first.fp32 / 1e9,
      first.bf16 > 0 ? fmt::format("{:.0f} GFLOP/s of bf16", first.bf16 / 1e9) : "this processor has no bf16 products");
  if (first.tiles > 0) words += fmt::format(" by vectors, {:.0f} by tiles (AMX)", first.tiles / 1e9);
  if (bench.machine.bandwidth > 0) words += fmt::format(". Memory: {:.1f} GB/s read", bench.machine.bandwidth / 1e9);
  return words + ".";
}

std::string movement_words(const Bench& bench) {
  const double moved = peak_movement(bench.peaks);
  if (moved <= kStill) return fmt::format("The peak stood still within {:.1f} %.", 100 * moved);
  double low = bench.peaks.front().fp32, high = low;
  for (const Peak& peak : bench.peaks) low = std::min(low, peak.fp32), high = std::max(high, peak.fp32);
  return fmt::format(
      "The peak moved between {:.0f} and {:.0f} GFLOP/s: the clock changes, or something else runs. Fractions are of "
      "the peak measured beside each group; seconds of different groups must not be compared.",
      low / 1e9, high / 1e9);
}

std::string picture_words(const Bench& bench) {
  return fmt::format("{}, {} x {}, {}, CFG {:g}", bench.model, bench.width, bench.height, precision_words(bench),
                     bench.cfg_scale);
}

std::string memory_words(const Bench& bench) {
  return fmt::format("{:.0f} MB at most after two pictures, {:.2f} times the weights ({:.0f} MB)",
                     double(bench.resident_bytes) / 1e6, double(bench.resident_bytes) / double(bench.weight_bytes),
                     double(bench.weight_bytes) / 1e6);
}

std::string agreement_words(const Bench& bench) {
  if (bench.plain) return "Plain paths: nothing to compare.";
  return fmt::format("Compared with the plain path before timing: values differ by {:.1e} of the largest at most.",
                     largest_difference(bench));
}

Table figures_table(const Bench& bench) {
  Table table{{"what", "time", "spread", "GFLOP", "GFLOP/s", "of the ideal"}, {}};
  for (const Figure& figure : bench.figures)
    table.rows.push_back({figure.name, seconds_text(figure.time.median), spread_text(figure.time),
                          gigaflop(figure.flop), rate(figure.flop, figure.time),
                          figure.ideal > 0 ? percent(figure.ideal / figure.time.median) : ""});
  return table;
}

/// `whole`: seconds of which shares are; 0 = none.
Table layers_table(const std::vector<LayerClass>& layers, double peak, double whole) {
  Table table{{"layers", "count", "time", "spread", "GFLOP", "GFLOP/s", "of peak"}, {}};
  if (whole > 0) table.head.push_back("share");
  double sum = 0;
  for (const LayerClass& one : layers) {
    const double seconds = one.time.median;
    sum += seconds;
    table.rows.push_back({one.name, fmt::format("{}", one.count), seconds_text(seconds), spread_text(one.time),
                          gigaflop(one.flop), rate(one.flop, one.time),
                          one.flop > 0 ? percent(one.flop / seconds / peak) : ""});
    if (whole > 0) table.rows.back().push_back(percent(seconds / whole));
  }
  if (whole > 0)
    table.rows.push_back({"between layers", "", seconds_text(std::max(0.0, whole - sum)), "", "", "", "",
                          percent(std::max(0.0, 1 - sum / whole))});
  return table;
}

/// First column to the left, the others to the right.
std::string aligned(const Table& table) {
  std::vector<size_t> widths(table.head.size());
  const auto widen = [&](const std::vector<std::string>& row) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  };
  widen(table.head);
  for (const auto& row : table.rows) widen(row);
  std::string text;
  const auto add = [&](const std::vector<std::string>& row) {
    std::string line = fmt::format("{:<{}}", row[0], widths[0]);
    for (size_t i = 1; i < row.size(); ++i) line += fmt::format("  {:>{}}", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  add(table.head);
  for (const auto& row : table.rows) add(row);
  return text;
}

Json timing_json(const Timing& time) {
  return {{"median", time.median}, {"fastest", time.fastest}, {"slowest", time.slowest}, {"runs", time.runs}};
}

Json layers_json(const std::vector<LayerClass>& layers, double peak) {
  Json json = Json::array();
  for (const LayerClass& one : layers)
    json.push_back({{"name", one.name},
                    {"count", one.count},
                    {"flop", one.flop},
                    {"bytes", one.bytes},
                    {"seconds", timing_json(one.time)},
                    {"of_peak", one.flop > 0 ? Json(one.flop / one.time.median / peak) : Json()},
                    {"difference", one.difference}});
  return json;
}

BarChart layers_chart(const Bench& bench) {
  BarChart chart{fmt::format("A sampling step: {}", picture_words(bench)),
                 "share of the step's time",
                 "of the peak (the plain sums' work)",
                 {}};
  for (const LayerClass& one : bench.layers) {
    const double speed = one.flop / one.time.median;
    std::string text = fmt::format("{}, {} x", seconds_text(one.time.median), one.count);
    if (one.flop > 0) text += fmt::format(", {:.0f} GFLOP/s, {}", speed / 1e9, percent(speed / bench.layers_peak));
    chart.bars.push_back({one.name, one.time.median / bench.watched_step.median, speed / bench.layers_peak, text});
  }
  return chart;
}

/// What memory and arithmetic allow, and where the classes of layers are.
lab::LogPlot roofline(const Bench& bench) {
  lab::LogPlot plot{
      fmt::format("Roofline: {}", picture_words(bench)), "FLOP per byte read and written at least", "GFLOP/s", {}};
  double least = 1, most = 1;
  std::vector<lab::Series> classes;
  for (const LayerClass& one : bench.layers) {
    if (one.flop == 0) continue;
    const double intensity = one.flop / one.bytes;
    least = std::min(least, intensity), most = std::max(most, intensity);
    classes.push_back({one.name, {{intensity, one.flop / one.time.median / 1e9}}});
  }
  const double peak = bench.layers_peak / 1e9, bandwidth = bench.machine.bandwidth / 1e9;
  lab::Series roof{"what the machine allows", {}};
  if (bandwidth > 0) {
    if (least < peak / bandwidth) roof.points.emplace_back(least, bandwidth * least);
    roof.points.emplace_back(peak / bandwidth, peak);
  } else {
    roof.points.emplace_back(least, peak);
  }
  roof.points.emplace_back(std::max(most, bandwidth > 0 ? peak / bandwidth : least) * 2, peak);
  plot.series.push_back(std::move(roof));
  plot.series.insert(plot.series.end(), classes.begin(), classes.end());
  return plot;
}

lab::Document document(const Bench& bench) {
  lab::Document page{fmt::format("How fast: {}", bench.model.empty() ? bench.machine.cpu : picture_words(bench)), {}};
  page.sections.push_back(
      {"The machine", fmt::format("{}. {} {}", machine_words(bench), peak_words(bench), movement_words(bench))});
  if (!bench.figures.empty()) page.sections.push_back({"As a whole", "", figures_table(bench)});
  if (bench.resident_bytes > 0) page.sections.push_back({"Memory", memory_words(bench) + "."});
  if (!bench.layers.empty()) {
    page.sections.push_back({"Layers of a sampling step", agreement_words(bench),
                             layers_table(bench.layers, bench.layers_peak, bench.watched_step.median), "layers.svg"});
    page.sections.push_back({"Against what memory and arithmetic allow", "", {}, "roofline.svg"});
  }
  if (!bench.attention.empty())
    page.sections.push_back({"Attention as Stable Diffusion has it", "One picture.",
                             layers_table(bench.attention, bench.attention_peak, 0)});
  page.sections.push_back({"What the figures mean", bench_explanation()});
  return page;
}

}  // namespace

std::string bench_text(const Bench& bench) {
  std::string text = fmt::format("{}\n{}\n{}\n", machine_words(bench), peak_words(bench), movement_words(bench));
  if (!bench.model.empty()) text += fmt::format("\n{}\n", picture_words(bench));
  if (!bench.figures.empty()) text += "\n" + aligned(figures_table(bench));
  if (bench.resident_bytes > 0) text += fmt::format("\nMemory: {}.\n", memory_words(bench));
  if (!bench.layers.empty())
    text += fmt::format("\nLayers of a step. {}\n\n{}", agreement_words(bench),
                        aligned(layers_table(bench.layers, bench.layers_peak, bench.watched_step.median)));
  if (!bench.attention.empty())
    text += fmt::format("\nAttention as Stable Diffusion has it, one picture\n\n{}",
                        aligned(layers_table(bench.attention, bench.attention_peak, 0)));
  return text;
}

std::string bench_json(const Bench& bench) {
  Json json = {{"model", bench.model},
               {"precision", bench.precision},
               {"plain", bench.plain},
               {"width", bench.width},
               {"height", bench.height},
               {"steps", bench.steps},
               {"cfg_scale", bench.cfg_scale},
               {"machine",
                {{"cpu", bench.machine.cpu},
                 {"instructions", bench.machine.instructions},
                 {"libtorch", bench.machine.libtorch},
                 {"threads", bench.machine.threads},
                 {"bandwidth", bench.machine.bandwidth > 0 ? Json(bench.machine.bandwidth) : Json()}}},
               {"peak_moved", peak_movement(bench.peaks)}};
  for (const Peak& peak : bench.peaks)
    json["peaks"].push_back({{"fp32", peak.fp32},
                             {"bf16", peak.bf16 > 0 ? Json(peak.bf16) : Json()},
                             {"bf16_tiles", peak.tiles > 0 ? Json(peak.tiles) : Json()}});
  json["figures"] = Json::array();
  for (const Figure& figure : bench.figures)
    json["figures"].push_back({{"name", figure.name},
                               {"seconds", timing_json(figure.time)},
                               {"flop", figure.flop},
                               {"of_ideal", figure.ideal > 0 ? Json(figure.ideal / figure.time.median) : Json()}});
  json["layers"] = layers_json(bench.layers, bench.layers_peak);
  json["attention"] = layers_json(bench.attention, bench.attention_peak);
  json["largest_difference"] = largest_difference(bench);
  json["weight_bytes"] = bench.weight_bytes;
  json["resident_bytes"] = bench.resident_bytes > 0 ? Json(bench.resident_bytes) : Json();
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_bench(const std::filesystem::path& folder, const Bench& bench) {
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, const std::string& text) { formats::write_file(folder / name, text); };
  if (!bench.layers.empty()) {
    write("layers.svg", svg(layers_chart(bench)));
    write("roofline.svg", lab::svg(roofline(bench)));
  }
  write("bench.json", bench_json(bench));
  write("bench.html", lab::html(document(bench)));
  write("README.md", lab::markdown(document(bench)));
}

std::string bench_explanation() {
  return "GFLOP are billions of multiplications and additions, counted as the network's definition has them: a 3x3 "
         "convolution counts 9 products for each output, input channel and pixel. Methods that need fewer (Winograd's) "
         "are not given less work for it, so they may pass 100 % of the peak.\n\n"
         "The peak is what all threads reach together when they do nothing but fused multiplications and additions in "
         "registers. No network reaches it: values must come from memory. 60 to 90 % is very good, below 30 % "
         "something "
         "is wrong: other programs run, there are more threads than cores, or the processor lacks an instruction.\n\n"
         "The ideal is that work at that peak; \"of the ideal\" says how near the time comes. The clock of many "
         "machines "
         "moves, so the peak is measured beside each group, and it is said where it moved by more than 5 %.\n\n"
         "A step is one call of the network, with prompt and negative prompt in one batch where CFG is not 1. The "
         "first "
         "picture costs more than the second: kernels are chosen and memory is taken from the system. Norms, GEGLU and "
         "upsampling are not products, so they have a share of the time but no GFLOP.\n\n"
         "Time is the middle one of several runs, spread the fastest and the slowest. Memory is the most this process "
         "has had in main memory (VmHWM); files that are mapped count while the system keeps them.\n\n"
         "Roofline: left of the bend memory limits, right of it arithmetic. Points far below the roof can become "
         "faster.";
}

}  // namespace darkroom::bench
