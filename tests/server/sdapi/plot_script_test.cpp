#include "server/sdapi/plot_script.h"

#include <gtest/gtest.h>

#include "formats/support.h"
#include "plot/axis.h"

namespace darkroom::server {
namespace {

using formats::expect_error;
using nlohmann::json;

/// As a client of A1111 1.10 sends them, with `said` at their places.
json arguments(const std::map<size_t, json>& said) {
  json all = {0, "", "", 0, "", "", 0, "", "", true, false, false, false, false, false, false, 0, true};
  for (const auto& [place, value] : said) all[place] = value;
  return all;
}

TEST(PlotScript, ReadsAxesByTheirNumbers) {
  const PlotScript script =
      plot_script(arguments({{0, 4}, {1, "2, 4"}, {3, 9}, {4, "Euler,Heun"}, {10, "true"}}), ImageKind::txt2img);
  EXPECT_EQ(script.x, "Steps: 2, 4");
  EXPECT_EQ(script.y, "Sampler: Euler,Heun") << "numbers pass over the axes of img2img";
  EXPECT_EQ(script.z, "");
  EXPECT_TRUE(script.sends_cells);
  EXPECT_TRUE(script.warnings.empty());
  EXPECT_EQ(plot_script(arguments({{0, 9}, {1, "Euler"}}), ImageKind::img2img).x, "Sampler: Euler");
}

TEST(PlotScript, ValuesOfListsAreTakenWhereTheyAreChosen) {
  const auto x = [](bool are_texts) {
    return plot_script(arguments({{0, 9}, {1, "Euler"}, {2, {"Heun", "DPM++ 2M, odd"}}, {17, are_texts}}),
                       ImageKind::txt2img)
        .x;
  };
  EXPECT_EQ(x(false), "Sampler: Heun,\"DPM++ 2M, odd\"");
  EXPECT_EQ(x(true), "Sampler: Euler");
}

TEST(PlotScript, OpenSeedsAreDrawnOnce) {
  const PlotScript script = plot_script(arguments({{0, 1}, {1, "-1,7,-1"}}), ImageKind::txt2img);
  const plot::Axis axis = plot::axis_of(script.x);
  ASSERT_EQ(axis.values.size(), 3u);
  EXPECT_EQ(axis.values[1].label, "Seed: 7");
  EXPECT_EQ(script.x.find("-1"), std::string::npos) << script.x;
  EXPECT_NE(axis.values[0].label, axis.values[2].label);
}

TEST(PlotScript, EveryAxisIsOursOrRefusedByName) {
  const std::map<std::string, std::string> values = {
      {"Sampler", "Euler"},         {"Hires sampler", "Euler"},
      {"Schedule type", "Karras"},  {"Hires upscaler", "Latent"},
      {"RNG source", "NV"},         {"Always discard next-to-last sigma", "True"},
      {"Checkpoint name", "emoji"}, {"VAE", "Automatic"},
      {"Styles", "plain"},          {"Size", "64x64"}};
  const std::vector<prompt::Style> styles = {{.name = "plain", .prompt = "", .negative_prompt = ""}};
  for (const ImageKind kind : {ImageKind::txt2img, ImageKind::img2img}) {
    int ours = 0;
    for (int type = 1; type < 100; ++type) {
      try {
        std::string x = plot_script(arguments({{0, type}, {1, "1"}}), kind).x;
        const std::string name = x.substr(0, x.find(':'));
        if (const auto known = values.find(name); known != values.end()) x = name + ": " + known->second;
        EXPECT_EQ(plot::axis_of(x, styles).values.size(), 1u) << x;
        ++ours;
      } catch (const Error& error) {
        const std::string told = error.what();
        const bool is_refused = told.find("does not have the axis") != std::string::npos;
        EXPECT_TRUE(is_refused || told.find("is the number of an axis, 0 to 4") != std::string::npos) << told;
        if (!is_refused) break;
      }
    }
    EXPECT_EQ(ours, kind == ImageKind::txt2img ? 31 : 29);
  }
}

TEST(PlotScript, WhatItCannotHonourIsSaid) {
  const auto refused = [](const char* part, const json& all) {
    expect_error(ErrorKind::invalid_request, part, [&] { plot_script(all, ImageKind::txt2img); });
  };
  refused("18 arguments", json::array());
  refused("18 arguments", {4, "1,2"});
  refused("number of an axis", arguments({{0, -1}}));
  refused("number of an axis", arguments({{0, "Steps"}}));
  refused("is a text", arguments({{0, 4}, {1, 20}}));
  refused("hold texts", arguments({{0, 9}, {2, {3}}, {17, false}}));
  refused("at least one axis", arguments({}));
  refused("the seed of the request", arguments({{0, 4}, {1, "1"}, {12, true}}));
  refused("the seed of the request", arguments({{0, 4}, {1, "1"}, {13, true}}));
  const json odd = arguments({{0, 4}, {1, "1"}, {9, false}, {11, true}, {16, 8}});
  EXPECT_EQ(plot_script(odd, ImageKind::txt2img).warnings.size(), 3u);
}

}  // namespace
}  // namespace darkroom::server
