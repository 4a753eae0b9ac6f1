#include "lab/report.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "formats/png.h"
#include "formats/support.h"

namespace darkroom::lab {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

TEST(Report, MeasurementsAsFiles) {
  const formats::TemporaryFolder folder;
  const auto out = folder.path() / "new" / "folder";
  write_order(out, {{"Euler", {10, 20}, {9, 19}, {0.2, 0.1}, 1}});
  write_moments(out, {{5, 10}, {{"Heun", {1.7, 1.1}}}});
  write_gain(out, {{"LMS"}, {"Karras", "Uniform"}, 20, {0.7, 8.1}});
  EXPECT_NE(content(out / "order.svg").find(">Euler</text>"), std::string::npos);
  EXPECT_NE(content(out / "gain_20.svg").find(">8.1</text>"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(content(out / "order.json"))["rows"][0]["errors"][1], 0.1);
  EXPECT_EQ(nlohmann::json::parse(content(out / "moments.json"))["rows"][0]["sampler"], "Heun");
  EXPECT_EQ(nlohmann::json::parse(content(out / "gain_20.json"))["gains"]["LMS"]["Uniform"], 8.1);
}

TEST(Report, OfConvergence) {
  const formats::TemporaryFolder folder;
  ConvergenceRuns runs;
  runs.steps = {5, 10, 20, 40};
  runs.latent_width = 2;
  runs.model_name = "tiny";
  runs.flow_limit = {1, {{1, 2, 3, 4}, {4, 3, 2, 1}}};
  runs.old_flow_limit = runs.path_limit = runs.flow_limit;
  ProfileRuns profile{.profile = "darkroom", .variants = {}, .contact_sheet = Image(4, 4, 3)};
  for (const Variant& variant : noted_variants()) {
    VariantRuns row{.variant = variant, .at = {}};
    for (const int steps : runs.steps)
      row.at.push_back({steps, {{1, 2, 3, 4 + 1.0f / float(steps)}, {4, 3, 2, 1 + 1.0f / float(steps)}}});
    profile.variants.push_back(row);
  }
  runs.profiles = {profile};
  write_convergence(folder.path(), runs, 2);
  const auto json = nlohmann::json::parse(content(folder.path() / "report.json"));
  EXPECT_EQ(json["model"], "tiny");
  EXPECT_EQ(json["profiles"][0]["samplers"].size(), noted_variants().size());
  EXPECT_GT(json["claims"].size(), 20u);
  const std::string text = content(folder.path() / "report.md");
  for (const char* part : {"| Euler | ", "doubling_darkroom.svg", "contact_sheet_darkroom.png", "| converges | a |"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  EXPECT_NE(content(folder.path() / "report.html").find("<table>"), std::string::npos);
  EXPECT_EQ(formats::read_png(folder.path() / "contact_sheet_darkroom.png").image.width, 4);
}

}  // namespace
}  // namespace darkroom::lab
