#include "plot/axis.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::plot {
namespace {

using formats::expect_error;
using generate::Settings;
using Texts = std::vector<std::string>;

Texts labels(const Axis& axis) {
  Texts found;
  for (const AxisValue& value : axis.values) found.push_back(value.label);
  return found;
}

/// What value `i` of the axis makes of the settings.
Settings changed(const std::string& axis, size_t i, Settings said = {}) {
  axis_of(axis).values.at(i).change(said);
  return said;
}

TEST(Axis, ValuesOfFields) {
  EXPECT_EQ(labels(axis_of("Steps: 5,10, 20")), (Texts{"Steps: 5", "Steps: 10", "Steps: 20"}));
  EXPECT_EQ(changed("Steps: 5,10,20", 1), (Settings{{"steps", "10"}}));
  EXPECT_EQ(labels(axis_of("Sampler: Euler, \"DPM++ 2M\"")), (Texts{"Euler", "DPM++ 2M"}));
  EXPECT_EQ(changed("sampler: Euler a", 0), (Settings{{"sampler_name", "Euler a"}}));
  EXPECT_EQ(changed("CFG Scale: 7.5", 0), (Settings{{"cfg_scale", "7.5"}}));
  EXPECT_EQ(changed("cfg-scale: 7", 0), (Settings{{"cfg_scale", "7"}}));
  EXPECT_EQ(changed("randn_source: nv", 0), (Settings{{"randn_source", "nv"}}));
  EXPECT_EQ(changed("precision: fp32,bf16", 1), (Settings{{"precision", "bf16"}}));
  EXPECT_EQ(changed("Prompt: \"a, b\", c", 0), (Settings{{"prompt", "a, b"}}));
  EXPECT_EQ(axis_of("Steps: 5, 10").name, "Steps");
  EXPECT_EQ(axis_of("Steps: 5, 10").text, "5, 10");
}

TEST(Axis, A1111sNames) {
  EXPECT_EQ(changed("Var. seed: 3", 0), (Settings{{"subseed", "3"}}));
  EXPECT_EQ(changed("Var. strength: 0.5", 0), (Settings{{"subseed_strength", "0.5"}}));
  EXPECT_EQ(changed("Sigma Churn: 1", 0), (Settings{{"s_churn", "1"}}));
  EXPECT_EQ(changed("Sigma min: 1", 0), (Settings{{"s_tmin", "1"}}));
  EXPECT_EQ(changed("Schedule min sigma: 1", 0), (Settings{{"sigma_min", "1"}}));
  EXPECT_EQ(changed("Clip skip: 2", 0), (Settings{{"clip_skip", "2"}}));
  EXPECT_EQ(changed("RNG source: NV", 0), (Settings{{"randn_source", "NV"}}));
  EXPECT_EQ(changed("Always discard next-to-last sigma: True", 0), (Settings{{"discard_next_to_last_sigma", "True"}}));
  EXPECT_EQ(changed("Size: 64x128, 32x32", 0), (Settings{{"width", "64"}, {"height", "128"}}));
  EXPECT_EQ(labels(axis_of("Checkpoint name: a/b.safetensors, c")), (Texts{"b.safetensors", "c"}));
  EXPECT_EQ(labels(axis_of("Nothing")), (Texts{""}));
}

// A1111, scripts/xyz_grid.py; ends included (deviation in docs/parity.md).
TEST(Axis, Ranges) {
  EXPECT_EQ(range_values("1-5", true), (Texts{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(range_values("1-5 (+2)", true), (Texts{"1", "3", "5"}));
  EXPECT_EQ(range_values(" 10 - 5 (-3) ", true), (Texts{"10", "7"}));
  EXPECT_EQ(range_values("1-10 [5]", true), (Texts{"1", "3", "5", "7", "10"}));
  EXPECT_EQ(range_values("-2-2", true), (Texts{"-2", "-1", "0", "1", "2"}));
  EXPECT_EQ(range_values("1-10 [4]", false), (Texts{"1", "4", "7", "10"}));
  EXPECT_EQ(range_values("0-1 (+0.1)", false).size(), 11u);
  EXPECT_EQ(range_values("0-1 (+0.1)", false)[3], "0.3");
  EXPECT_EQ(range_values("7-9", false), (Texts{"7", "8", "9"}));
  EXPECT_EQ(range_values("3-9 [1]", true), (Texts{"3"}));
  for (const char* none : {"", "5", "a-b", "1-", "1-5 (", "1-5 (+2", "1-5 [2) ", "1.5-2", "1-5 x", "1-5 (+2) x", "-3"})
    EXPECT_TRUE(range_values(none, true).empty()) << none;
  expect_error(ErrorKind::invalid_request, "must not be 0", [] { range_values("1-5 (+0)", true); });
  expect_error(ErrorKind::invalid_request, "other sign", [] { range_values("1-5 (-1)", true); });
  expect_error(ErrorKind::invalid_request, "at most 1000", [] { range_values("1-99999999", true); });
  expect_error(ErrorKind::invalid_request, "1 to 1000", [] { range_values("1-5 [0]", true); });
  EXPECT_EQ(labels(axis_of("Seed: 1-3, 9")), (Texts{"Seed: 1", "Seed: 2", "Seed: 3", "Seed: 9"}));
}

TEST(Axis, PromptSearchAndReplace) {
  const Settings said = {{"prompt", "a cat, cat"}, {"negative_prompt", "no cat"}};
  EXPECT_EQ(changed("Prompt S/R: cat, dog", 0, said), said);
  EXPECT_EQ(changed("prompt s/r: cat, dog", 1, said),
            (Settings{{"prompt", "a dog, dog"}, {"negative_prompt", "no dog"}}));
  EXPECT_EQ(changed("Prompt S/R: cat, \"cat, x\"", 1, {{"prompt", "cat"}}), (Settings{{"prompt", "cat, x"}}));
  EXPECT_EQ(changed("Prompt S/R: <lora:a:1>, <lora:a:0.5>", 1, {{"prompt", "b <lora:a:1>"}}),
            (Settings{{"prompt", "b <lora:a:0.5>"}}));
  expect_error(ErrorKind::invalid_request, "\"bird\" must be in the prompt",
               [&] { changed("Prompt S/R: bird, dog", 0, said); });
  expect_error(ErrorKind::invalid_request, "must not be empty", [] { axis_of("Prompt S/R: ,a"); });
}

TEST(Axis, PromptOrder) {
  const std::string axis = "Prompt order: red, big, old";
  const Axis read = axis_of(axis);
  EXPECT_EQ(read.values.size(), 6u);
  EXPECT_EQ(read.values[1].label, "red, old, big");
  const Settings said = {{"prompt", "a red, big (old) cat"}};
  EXPECT_EQ(changed(axis, 0, said), said);
  EXPECT_EQ(changed(axis, 1, said).at("prompt"), "a red, old (big) cat");
  EXPECT_EQ(changed(axis, 5, said).at("prompt"), "a old, big (red) cat");
  expect_error(ErrorKind::invalid_request, "\"new\" must be in the prompt",
               [&] { changed("Prompt order: red, new", 0, said); });
  expect_error(ErrorKind::invalid_request, "at most 6", [] { axis_of("Prompt order: a,b,c,d,e,f,g"); });
}

TEST(Axis, Styles) {
  const std::vector<prompt::Style> styles = {{"ink", "{prompt}, ink", "blur"}};
  const Axis axis = axis_of("Styles: ink, \"\"", styles);
  Settings said = {{"prompt", "a cat"}};
  axis.values.at(0).change(said);
  EXPECT_EQ(said, (Settings{{"prompt", "a cat, ink"}, {"negative_prompt", "blur"}}));
  expect_error(ErrorKind::invalid_request, "no style \"oil\"", [&] { axis_of("Styles: oil", styles); });
}

TEST(Axis, SaysWhatIsWrong) {
  expect_error(ErrorKind::invalid_request, "no axis \"Stepps\"; did you mean \"Steps\"", [] { axis_of("Stepps: 1"); });
  expect_error(ErrorKind::invalid_request, "--steps", [] { axis_of("Steps: many"); });
  expect_error(ErrorKind::invalid_request, "Euler Deluxe", [] { axis_of("Sampler: Euler Deluxe"); });
  expect_error(ErrorKind::invalid_request, "1 to 1000 values", [] { axis_of("Steps:"); });
  expect_error(ErrorKind::invalid_request, "--height", [] { axis_of("Size: 64"); });
}

TEST(Axis, WeightsOfALoraInThePrompt) {
  const Axis axis = axis_of("LoRA weight ink: 0-1 [3]");
  ASSERT_EQ(axis.values.size(), 3u);
  EXPECT_EQ(axis.values[1].label, "ink: 0.5");
  const auto prompt = [&](std::string said) {
    Settings settings = {{"prompt", std::move(said)}};
    axis.values[1].change(settings);
    return settings["prompt"];
  };
  EXPECT_EQ(prompt("a cat <lora:ink:1>, <lora:inkwell:1> <lora:ink:2:3>"),
            "a cat <lora:ink:0.5>, <lora:inkwell:1> <lora:ink:0.5>");
  EXPECT_EQ(prompt("a cat"), "a cat <lora:ink:0.5>");
  EXPECT_EQ(prompt("a <lora:ink"), "a <lora:ink <lora:ink:0.5>") << "no tag";
  formats::expect_error(ErrorKind::invalid_request, "", [] { axis_of("LoRA weight ink: much"); });
  formats::expect_error(ErrorKind::invalid_request, "LoRA weight", [] { axis_of("LoRA weight: 1"); });
}

}  // namespace
}  // namespace darkroom::plot
