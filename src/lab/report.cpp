#include "lab/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "formats/atomic_file.h"
#include "formats/png.h"
#include "lab/claims.h"
#include "lab/document.h"
#include "lab/judgement.h"
#include "lab/svg_plot.h"

namespace darkroom::lab {
namespace {

using Json = nlohmann::ordered_json;

void write(const std::filesystem::path& folder, const char* name, const std::string& content) {
  std::filesystem::create_directories(folder);
  formats::write_file(folder / name, content);
}

std::string steps_text(double steps) {
  return steps > 0 ? fmt::format("{:.0f}", std::ceil(steps)) : "more";
}

/// One row per sampler: how the picture changes as the steps double, where it ends, how many steps it needs.
Table profile_table(const ConvergenceRuns& runs, const ProfileRuns& profile, double between_seeds) {
  Table table;
  table.head = {"sampler"};
  for (size_t i = 0; i + 1 < runs.steps.size(); ++i)
    table.head.push_back(fmt::format("{} to {}", runs.steps[i], runs.steps[i + 1]));
  for (const char* name : {"verdict", "ends like", "to 10 %", "5 %", "2 %", "calls per step"})
    table.head.push_back(name);

  std::vector<std::vector<double>> apart;
  for (const VariantRuns& a : profile.variants) {
    apart.emplace_back();
    for (const VariantRuns& b : profile.variants) apart.back().push_back(distance(a.at.back(), b.at.back()));
  }
  const std::vector<int> groups = clusters(apart, 0.35 * between_seeds);
  for (size_t i = 0; i < profile.variants.size(); ++i) {
    const VariantRuns& variant = profile.variants[i];
    const std::vector<double> doubling = step_doubling(variant);
    const bool has_steps = doubling.back() > 0 || doubling.front() > 0;
    std::vector<std::string> row = {variant.variant.name};
    for (const double change : doubling)
      row.push_back(has_steps ? fmt::format("{:.3g} %", 100 * change / between_seeds) : "");
    row.push_back(has_steps ? convergence_name(judged(doubling, between_seeds)) : "chooses its steps");
    row.push_back(std::string(1, char('a' + groups[i] % 26)));
    for (const double share : {0.1, 0.05, 0.02})
      row.push_back(has_steps ? steps_text(steps_needed(variant, runs.steps, variant.at.back(), share)) : "");
    row.push_back(fmt::format("{:.1f}", double(variant.at.back().calls) / (has_steps ? runs.steps.back() : 1)));
    table.rows.push_back(row);
  }
  return table;
}

LogPlot doubling_plot(const ConvergenceRuns& runs, const ProfileRuns& profile, double between_seeds) {
  LogPlot plot{fmt::format("What doubling the steps changes ({})", profile.profile),
               "steps",
               "change, as a share of what another seed changes",
               {}};
  for (const VariantRuns& variant : profile.variants) {
    Series series{variant.variant.name, {}};
    const std::vector<double> doubling = step_doubling(variant);
    for (size_t i = 0; i < doubling.size(); ++i) series.points.emplace_back(runs.steps[i], doubling[i] / between_seeds);
    if (doubling.front() > 0) plot.series.push_back(series);
  }
  return plot;
}

Json profile_json(const ConvergenceRuns& runs, const ProfileRuns& profile, double between_seeds) {
  Json json{{"profile", profile.profile}, {"between_seeds", between_seeds}, {"samplers", Json::array()}};
  for (const VariantRuns& variant : profile.variants) {
    Json row{{"name", variant.variant.name}, {"step_doubling", step_doubling(variant)}};
    for (const Latents& latents : variant.at) {
      row["calls"].push_back(latents.calls);
      row["to_flow_limit"].push_back(distance(latents, runs.flow_limit));
      row["to_old_flow_limit"].push_back(distance(latents, runs.old_flow_limit));
      row["to_path_limit"].push_back(distance(latents, runs.path_limit));
    }
    json["samplers"].push_back(row);
  }
  return json;
}

}  // namespace

std::string order_json(const std::vector<OrderRow>& rows) {
  Json json = Json::array();
  for (const OrderRow& row : rows)
    json.push_back({{"sampler", row.sampler},
                    {"steps", row.steps},
                    {"calls", row.calls},
                    {"errors", row.errors},
                    {"order", row.order}});
  return Json{{"rows", json}}.dump(1) + "\n";
}

std::string moments_json(const MomentsTable& table) {
  Json json = Json::array();
  for (const MomentsRow& row : table.rows) json.push_back({{"sampler", row.sampler}, {"variances", row.variances}});
  return Json{{"steps", table.steps}, {"rows", json}}.dump(1) + "\n";
}

std::string gain_json(const GainMap& map) {
  Json rows;
  for (size_t i = 0; i < map.samplers.size(); ++i)
    for (size_t k = 0; k < map.schedules.size(); ++k)
      rows[map.samplers[i]][map.schedules[k]] = map.gains[i * map.schedules.size() + k];
  return Json{{"steps", map.steps}, {"gains", rows}}.dump(1) + "\n";
}

void write_order(const std::filesystem::path& folder, const std::vector<OrderRow>& rows) {
  LogPlot plot{"Error against denoiser calls (mixture of Gaussians, Karras levels)",
               "denoiser calls",
               "root mean square error at sigma_min",
               {}};
  for (const OrderRow& row : rows) {
    Series series{row.sampler, {}};
    for (size_t i = 0; i < row.calls.size(); ++i) series.points.emplace_back(row.calls[i], row.errors[i]);
    plot.series.push_back(series);
  }
  write(folder, "order.svg", svg(plot));
  write(folder, "order.json", order_json(rows));
}

void write_moments(const std::filesystem::path& folder, const MomentsTable& table) {
  HeatMap map{"Variance of the result; 1 is right", {}, {}, {}};
  for (const int n : table.steps) map.columns.push_back(fmt::format("{} steps", n));
  for (const MomentsRow& row : table.rows) {
    map.rows.push_back(row.sampler);
    map.values.insert(map.values.end(), row.variances.begin(), row.variances.end());
  }
  write(folder, "moments.svg", svg(map));
  write(folder, "moments.json", moments_json(table));
}

void write_gain(const std::filesystem::path& folder, const GainMap& map) {
  // Samplers down, schedules across.
  write(folder, fmt::format("gain_{}.svg", map.steps).c_str(),
        svg(HeatMap{fmt::format("How much larger a network's errors become, {} steps", map.steps), map.samplers,
                    map.schedules, map.gains}));
  write(folder, fmt::format("gain_{}.json", map.steps).c_str(), gain_json(map));
}

void write_convergence(const std::filesystem::path& folder, const ConvergenceRuns& runs, int seeds) {
  Document document{"Samplers on a model: which converge, which agree, how many steps they need", {}};
  const std::vector<Claim> claims = answered_claims(runs, seeds);
  Section answers{
      "The note, claim by claim",
      "Distances are root mean squares over a latent; their unit is what another seed changes in the picture "
      "of the same prompt.",
      {{"claim", "verdict", "numbers"}, {}},
      ""};
  Json json{{"model", runs.model_name}, {"hash", runs.model_hash}, {"steps", runs.steps}};
  for (const Claim& claim : claims) {
    answers.table.rows.push_back({claim.said, claim.verdict, claim.numbers});
    json["claims"].push_back({{"said", claim.said}, {"verdict", claim.verdict}, {"numbers", claim.numbers}});
  }
  document.sections.push_back(
      {"", fmt::format("Model {} ({}), {} pictures per sampler and number of steps, up to {} steps.", runs.model_name,
                       runs.model_hash, runs.flow_limit.pictures.size(), runs.steps.back())});
  document.sections.push_back(answers);
  for (const ProfileRuns& profile : runs.profiles) {
    double between = 0;
    for (const VariantRuns& variant : profile.variants)
      if (variant.variant.name == "DPM++ 2M") between = distance_between_seeds(variant.at.back(), seeds);
    const std::string plot = fmt::format("doubling_{}.svg", profile.profile);
    const std::string sheet = fmt::format("contact_sheet_{}.png", profile.profile);
    document.sections.push_back(
        {fmt::format("Profile {}", profile.profile),
         "What doubling the steps changes, as a share of what another seed changes; samplers of "
         "one letter end alike; steps from which a sampler stays near its own end.",
         profile_table(runs, profile, between)});
    document.sections.push_back({fmt::format("Doubling the steps in the profile {}", profile.profile), "", {}, plot});
    document.sections.push_back(
        {fmt::format("Pictures in the profile {}", profile.profile),
         fmt::format("Down: the samplers of the table. Across: {} steps.", fmt::join(runs.steps, ", ")),
         {},
         sheet});
    write(folder, plot.c_str(), svg(doubling_plot(runs, profile, between)));
    formats::write_png(folder / sheet, profile.contact_sheet, {});
    json["profiles"].push_back(profile_json(runs, profile, between));
  }
  write(folder, "report.md", markdown(document));
  write(folder, "report.html", html(document));
  write(folder, "report.json", json.dump(1) + "\n");
}

}  // namespace darkroom::lab
