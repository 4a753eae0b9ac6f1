#include "bench/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/support.h"

namespace darkroom::bench {
namespace {

Bench made_up() {
  Bench bench{.model = "cat <3>", .precision = "fp32", .width = 512, .height = 256, .steps = 4, .cfg_scale = 7};
  bench.machine = {.cpu = "A processor", .instructions = "AVX2", .libtorch = "AVX2", .threads = 2, .bandwidth = 20e9};
  bench.peaks = {{100e9, 0}, {101e9, 0}};
  bench.figures = {{"sampling step", {2, 1.5, 3, 5}, 100e9, 1}, {"loading", {0.25, 0.25, 0.25, 1}, 0, 0}};
  bench.layers = {{"conv 3x3", 10, 60e9, 1e9, {1, 0.9, 1.1, 5}, 3e-6},
                  {"group norm", 20, 0, 1e9, {0.5, 0.5, 0.5, 5}, 0}};
  bench.watched_step = {2, 2, 2, 5};
  bench.layers_peak = 100e9;
  bench.weight_bytes = 1'000'000'000, bench.resident_bytes = 1'500'000'000;
  return bench;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(BenchReport, TellsFiguresAndFractions) {
  const std::string text = bench_text(made_up());
  EXPECT_TRUE(says(text, "A processor, 2 threads, AVX2 in our kernels")) << text;
  EXPECT_TRUE(says(text, "Peak: 100 GFLOP/s of fp32 (all threads, in registers); this processor has no bf16 products"));
  EXPECT_TRUE(says(text, "The peak stood still within 1.0 %")) << text;
  EXPECT_TRUE(says(text, "sampling step    2.00 s  1.50 s to 3.00 s, 5 runs    100       50          50 %")) << text;
  EXPECT_TRUE(says(text, "values differ by 3.0e-06 of the largest at most"));
  EXPECT_TRUE(says(text, "1500 MB at most after two pictures, 1.50 times the weights (1000 MB)"));
  EXPECT_TRUE(says(text, "between layers"));
}

TEST(BenchReport, SaysThatTheClockMoved) {
  Bench bench = made_up();
  bench.peaks.push_back({130e9, 0});
  EXPECT_TRUE(says(bench_text(bench), "The peak moved between 100 and 130 GFLOP/s"));
}

TEST(BenchReport, ForPrograms) {
  const auto json = nlohmann::json::parse(bench_json(made_up()));
  EXPECT_EQ(json["layers"][0]["of_peak"], 0.6);
  EXPECT_TRUE(json["layers"][1]["of_peak"].is_null());
  EXPECT_EQ(json["figures"][0]["of_ideal"], 0.5);
  EXPECT_TRUE(json["figures"][1]["of_ideal"].is_null());
  EXPECT_TRUE(json["peaks"][0]["bf16"].is_null());
  EXPECT_EQ(json["resident_bytes"], 1'500'000'000);
}

TEST(BenchReport, WritesAPage) {
  const formats::TemporaryFolder folder;
  write_bench(folder / "page", made_up());
  const std::string page = formats::content_of((folder / "page" / "bench.html").string());
  EXPECT_TRUE(says(page, "cat &lt;3&gt;, 512 x 256, fp32, CFG 7"));
  EXPECT_TRUE(says(page, "<img src=\"layers.svg\""));
  EXPECT_TRUE(says(formats::content_of((folder / "page" / "layers.svg").string()), "60 GFLOP/s, 60 %"));
  EXPECT_TRUE(says(formats::content_of((folder / "page" / "roofline.svg").string()), "what the machine allows"));
  EXPECT_TRUE(std::filesystem::exists(folder / "page" / "bench.json"));
  EXPECT_TRUE(std::filesystem::exists(folder / "page" / "README.md"));
}

TEST(BenchReport, OfAMachineAlone) {
  Bench bench;
  bench.machine = {.cpu = "A processor", .threads = 1};
  bench.peaks = {{100e9, 200e9}};
  const formats::TemporaryFolder folder;
  write_bench(folder.path(), bench);
  EXPECT_TRUE(says(bench_text(bench), "200 GFLOP/s of bf16."));
  bench.peaks.front().tiles = 3000e9;
  EXPECT_TRUE(says(bench_text(bench), "200 GFLOP/s of bf16 by vectors, 3000 by tiles (AMX)."));
  EXPECT_EQ(nlohmann::json::parse(bench_json(bench))["peaks"][0]["bf16_tiles"], 3000e9);
  EXPECT_FALSE(std::filesystem::exists(folder / "layers.svg"));
}

}  // namespace
}  // namespace darkroom::bench
