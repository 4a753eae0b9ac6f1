#include "bench/measure.h"

#include <gtest/gtest.h>

#include "formats/support.h"
#include "layers/fast_paths.h"

namespace darkroom::bench {
namespace {

using formats::expect_error;

const generate::Settings kTiny = {{"model", DARKROOM_TESTS_DIR "/golden/tiny/sd15"},
                                  {"precision", "fp32"},
                                  {"width", "32"},
                                  {"height", "32"},
                                  {"steps", "2"}};

const Figure* figure(const Bench& bench, const std::string& name) {
  for (const Figure& one : bench.figures)
    if (one.name == name) return &one;
  return nullptr;
}

TEST(Measure, FindsAllParts) {
  int told = 0, last = 0;
  const Bench bench = measure({.said = kTiny, .compares_plain = true}, [&](const ProgressEvent& event) {
    EXPECT_GE(event.step, last);
    EXPECT_LE(event.step, event.total);
    last = event.step;
    ++told;
  });
  EXPECT_GE(told, 8);
  EXPECT_EQ(bench.width, 32);
  EXPECT_EQ(bench.steps, 2);
  EXPECT_EQ(bench.precision, "fp32");
  for (const char* name : {"loading, file in memory", "first picture, 2 steps", "second picture, 2 steps",
                           "from starting the program to the end of the first step", "sampling step",
                           "sampling step, plain", "VAE, one picture", "text, prompt and negative prompt"}) {
    const Figure* found = figure(bench, name);
    ASSERT_NE(found, nullptr) << name;
    EXPECT_GT(found->time.median, 0) << name;
  }
  // A picture is its steps, its texts and its decoding, and keys and values of its prompt, made once.
  const double step = figure(bench, "sampling step")->flop;
  const double once = figure(bench, "first picture, 2 steps")->flop - 2 * step -
                      figure(bench, "VAE, one picture")->flop - figure(bench, "text, prompt and negative prompt")->flop;
  EXPECT_GT(once, 0);
  EXPECT_LT(once, step / 4);
  double layers = 0;
  for (const LayerClass& one : bench.layers) layers += one.flop;
  EXPECT_EQ(layers, step);
  EXPECT_EQ(bench.attention.size(), 5u);
  EXPECT_GT(bench.resident_bytes, bench.weight_bytes);
  EXPECT_GT(bench.machine.bandwidth, 0);
  EXPECT_GE(bench.peaks.size(), 10u);
  EXPECT_TRUE(layers::fast_paths());
}

TEST(Measure, OnlyWhatIsAsked) {
  const Bench bench = measure({.said = kTiny, .parts = {"text"}}, ignore_progress);
  ASSERT_EQ(bench.figures.size(), 1u);
  EXPECT_EQ(bench.figures[0].name, "text, prompt and negative prompt");
  EXPECT_TRUE(bench.layers.empty());
  const Bench machine = measure({.said = {{"model", "/nowhere"}}, .parts = {"peak"}}, ignore_progress);
  EXPECT_TRUE(machine.figures.empty()) << "needs no model";
  EXPECT_GT(machine.machine.bandwidth, 0);
}

TEST(Measure, RefusesWhatItDoesNotKnow) {
  expect_error(ErrorKind::invalid_request, "--parts: must be some of load,first",
               [] { measure({.said = kTiny, .parts = {"speed"}}, ignore_progress); });
  expect_error(ErrorKind::not_found, "/nowhere", [] { measure({.said = {{"model", "/nowhere"}}}, ignore_progress); });
}

}  // namespace
}  // namespace darkroom::bench
