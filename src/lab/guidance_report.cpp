#include "lab/guidance_report.h"

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

double mean_of(const GuidanceRun& run, double GuidanceCall::*value) {
  double sum = 0;
  for (const GuidanceCall& call : run.calls) sum += call.*value;
  return run.calls.empty() ? 0 : sum / double(run.calls.size());
}

double most_of(const GuidanceRun& run, double GuidanceCall::*value) {
  double most = 0;
  for (const GuidanceCall& call : run.calls) most = std::max(most, call.*value);
  return most;
}

std::string without_negative(const GuidanceRun& run) {
  if (std::isnan(run.psnr_without_negative)) return "";
  return std::isinf(run.psnr_without_negative) ? "the same picture"
                                               : fmt::format("{:.1f} dB", run.psnr_without_negative);
}

Json run_json(const GuidanceRun& run) {
  Json json = {
      {"cfg_scale", run.cfg_scale},
      {"cfg_scale_of_papers", run.cfg_scale - 1},
      {"saturation", run.saturation},
      {"clipped", run.clipped},
      {"psnr_without_negative", std::isfinite(run.psnr_without_negative) ? Json(run.psnr_without_negative) : Json()}};
  for (const GuidanceCall& call : run.calls)
    json["calls"].push_back({{"sigma", call.sigma},
                             {"conditional", call.conditional},
                             {"unconditional", call.unconditional},
                             {"guided", call.guided},
                             {"difference", call.difference},
                             {"largest", call.largest}});
  return json;
}

Table runs_table(const GuidanceReport& report) {
  Table table{{"CFG scale w: u + w (c - u)", "s: c + s (c - u)", "c", "u", "c - u", "guided", "largest latent",
               "saturation", "clipped", "without negative prompt"},
              {}};
  for (const GuidanceRun& run : report.runs)
    table.rows.push_back({fmt::format("{:g}", run.cfg_scale), fmt::format("{:g}", run.cfg_scale - 1),
                          fmt::format("{:.3f}", mean_of(run, &GuidanceCall::conditional)),
                          fmt::format("{:.3f}", mean_of(run, &GuidanceCall::unconditional)),
                          fmt::format("{:.3f}", mean_of(run, &GuidanceCall::difference)),
                          fmt::format("{:.3f}", mean_of(run, &GuidanceCall::guided)),
                          fmt::format("{:.1f}", most_of(run, &GuidanceCall::largest)),
                          fmt::format("{:.1f} %", 100 * run.saturation), fmt::format("{:.1f} %", 100 * run.clipped),
                          without_negative(run)});
  return table;
}

LogPlot plot(const GuidanceReport& report, const char* title, const char* label, double GuidanceCall::*value) {
  LogPlot plot{title, "denoiser call", label, {}, true};
  for (const GuidanceRun& run : report.runs) {
    Series series{fmt::format("CFG {:g}", run.cfg_scale), {}};
    for (size_t i = 0; i < run.calls.size(); ++i) series.points.emplace_back(double(i + 1), run.calls[i].*value);
    plot.series.push_back(series);
  }
  return plot;
}

Image pictures(const GuidanceReport& report) {
  const Image& first = report.runs.front().picture;
  const bool has_negative = !report.negative_prompt.empty();
  Image sheet(first.width * int(report.runs.size()), first.height * (has_negative ? 2 : 1), 3);
  for (size_t i = 0; i < report.runs.size(); ++i) {
    imaging::paste(sheet, report.runs[i].picture, first.width * int(i), 0);
    if (has_negative) imaging::paste(sheet, report.runs[i].without_negative, first.width * int(i), first.height);
  }
  return sheet;
}

Document document(const GuidanceReport& report) {
  Document page{fmt::format("What guidance does: {}", report.model_name), {}};
  const std::string negative =
      report.negative_prompt.empty()
          ? "no negative prompt"
          : fmt::format("the negative prompt \"{}\" (below: without it)", report.negative_prompt);
  page.sections.push_back(
      {"One picture at several CFG scales",
       fmt::format(
           "\"{}\", {}. In each step the network answers twice, with the prompt (c) and without it (u, or with the "
           "negative prompt); the step follows u + w (c - u). At w = 1 that is c alone, and a negative prompt does "
           "nothing. Papers also write c + s (c - u): the same, with s = w - 1.",
           report.prompt, negative),
       {},
       "pictures.png"});
  page.sections.push_back(
      {"In numbers",
       "Sizes are root mean squares of the predicted noise, means over the steps; noise itself has size 1. A guided "
       "prediction much larger than c drives colours to the ends of their range: saturation and clipping.",
       runs_table(report)});
  page.sections.push_back({"Size of the guided prediction", "", {}, "guidance_size.svg"});
  page.sections.push_back({"Largest value of the latent it leads to",
                           "Latents a decoder was trained on stay below about 5.",
                           {},
                           "guidance_latent.svg"});
  return page;
}

}  // namespace

std::string guidance_json(const GuidanceReport& report) {
  Json json = {{"prompt", report.prompt}, {"negative_prompt", report.negative_prompt}, {"model", report.model_name}};
  for (const GuidanceRun& run : report.runs) json["runs"].push_back(run_json(run));
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string guidance_text(const GuidanceReport& report) {
  std::string text = "the step follows u + w (c - u), w the CFG scale; the same as c + s (c - u) with s = w - 1\n";
  for (const GuidanceRun& run : report.runs) {
    text += fmt::format(
        "w {:g}, s {:g}: sizes c {:.3f}, u {:.3f}, c - u {:.3f}, guided {:.3f}; saturation {:.1f} %, "
        "clipped {:.1f} %",
        run.cfg_scale, run.cfg_scale - 1, mean_of(run, &GuidanceCall::conditional),
        mean_of(run, &GuidanceCall::unconditional), mean_of(run, &GuidanceCall::difference),
        mean_of(run, &GuidanceCall::guided), 100 * run.saturation, 100 * run.clipped);
    const std::string negative = without_negative(run);
    text += negative.empty() ? "\n" : fmt::format("; without the negative prompt: {}\n", negative);
  }
  return text;
}

void write_guidance(const std::filesystem::path& folder, const GuidanceReport& report) {
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, const std::string& text) { formats::write_file(folder / name, text); };
  write("guidance_size.svg", svg(plot(report, "Size of the guided prediction (predicted noise)", "root mean square",
                                      &GuidanceCall::guided)));
  write("guidance_latent.svg",
        svg(plot(report, "Largest value of the latent each step leads to", "magnitude", &GuidanceCall::largest)));
  formats::write_png(folder / "pictures.png", pictures(report), {});
  write("guidance.json", guidance_json(report));
  write("guidance.html", html(document(report)));
  write("README.md", markdown(document(report)));
}

}  // namespace darkroom::lab
