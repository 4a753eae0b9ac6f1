#include "lab/lora_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace darkroom::lab {
namespace {

using nlohmann::json;

TEST(LoraReport, TellsCountsAndBlocks) {
  adapters::AdapterReport report;
  report.kinds = {{"LoRA", 84}};
  report.ranks = {{8, 84}};
  report.scales = {{0.5, 84}};
  report.blocks = {{.name = "mid_block", .layers = 12, .change = 2.5, .relative = 0.01}};
  const json told = json::parse(lora_json(report));
  EXPECT_EQ(told["kinds"][0], json({{"value", "LoRA"}, {"layers", 84}}));
  EXPECT_EQ(told["scales"][0]["value"], 0.5);
  EXPECT_EQ(told["blocks"][0]["name"], "mid_block");
  EXPECT_EQ(told["blocks"][0]["relative"], 0.01);
}

TEST(LoraReport, SaysInWordsHowTwoDiffer) {
  adapters::AdapterComparison same{.first = 2, .second = 2, .difference = 0, .cosine = 1, .shared = 3};
  EXPECT_EQ(comparison_verdict(same), "They do the same.");
  adapters::AdapterComparison twice{.first = 2, .second = 4, .difference = 2, .cosine = 1, .shared = 3};
  EXPECT_EQ(comparison_verdict(twice), "The second does 2 times what the first does.");
  adapters::AdapterComparison against = twice;
  against.cosine = -1;
  EXPECT_EQ(comparison_verdict(against), "The second does -2 times what the first does.");
  adapters::AdapterComparison other = twice;
  other.cosine = 0.3;
  EXPECT_EQ(comparison_verdict(other), "They differ by 50 % of the larger change.");
  other.layers = {{.layer = "a", .first = 1, .second = 2, .difference = 3}};
  EXPECT_EQ(json::parse(comparison_json(other))["layers"][0]["difference"], 3);
}

}  // namespace
}  // namespace darkroom::lab
