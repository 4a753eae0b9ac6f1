#include "lab/precision_report.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "formats/png.h"
#include "formats/support.h"

namespace darkroom::lab {
namespace {

PrecisionReport made_up() {
  PrecisionReport report{"a cat", "model", 20, {}, {}};
  Image grey(4, 2, 3);
  grey.pixels.assign(grey.pixels.size(), 100);
  report.runs.push_back(
      {"fp32", {{"UNet", "conv_in", "conv2d", 70000}}, grey, "", std::numeric_limits<double>::infinity()});
  report.runs.back().seconds = 2;
  grey.pixels[0] = 110;
  report.runs.push_back({"bf16", {{"UNet", "conv_in", "conv2d", 70000, 0, 0, 0, 0.001, 0.002}}, grey, "", 41.5, 10});
  report.runs.push_back({"fp16", {{"UNet", "conv_in", "conv2d", 70000, 3, 1, 0, 0.001, 0.002}}, {}, "no numbers"});
  report.parts = {
      {"UNet", "bf16", 41.5}, {"UNet", "fp16", 0}, {"VAE decoder", "bf16", 60}, {"VAE decoder", "fp16", 70}};
  return report;
}

TEST(PrecisionReport, SaysWhereTheNumbersRanOutAndWhatToKeep) {
  const std::string text = precision_text(made_up());
  EXPECT_NE(text.find("bf16: 41.5 dB against fp32; no part needs more"), std::string::npos) << text;
  EXPECT_NE(
      text.find("fp16: no picture: no numbers; the first values beyond its range are those of UNet conv_in (conv2d); "
                "keep the UNet in fp32"),
      std::string::npos)
      << text;
}

TEST(PrecisionReport, ForPrograms) {
  const auto json = nlohmann::json::parse(precision_json(made_up()));
  EXPECT_EQ(json["model"], "model");
  ASSERT_EQ(json["runs"].size(), 3u);
  EXPECT_TRUE(json["runs"][0]["psnr"].is_null()) << "infinite";
  EXPECT_FALSE(json["runs"][0]["emulated"]);
  EXPECT_EQ(json["runs"][2]["layers"][0]["overflows"], 3);
  EXPECT_EQ(json["runs"][2]["keep_in_fp32"], "UNet");
  EXPECT_EQ(json["parts"][0]["psnr"], 41.5);
}

TEST(PrecisionReport, WritesAPageWithPicturesAndPlots) {
  const formats::TemporaryFolder folder;
  write_precision(folder / "report", made_up());
  const std::string page = formats::content_of(folder / "report" / "README.md");
  for (const char* name : {"pictures.png", "precision_error.svg", "precision_magnitude.svg"}) {
    EXPECT_NE(page.find(name), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(folder / "report" / name));
  }
  const Image sheet = formats::read_png(folder / "report" / "pictures.png").image;
  ASSERT_EQ(sheet.width, 12);
  ASSERT_EQ(sheet.height, 4);
  EXPECT_EQ(sheet.pixel(0, 0)[0], 100);
  EXPECT_EQ(sheet.pixel(4, 0)[0], 110);
  EXPECT_EQ(sheet.pixel(4, 2)[0], 80) << "a difference of 10, 8 times";
  EXPECT_EQ(sheet.pixel(8, 0)[0], 0) << "no picture";
}

}  // namespace
}  // namespace darkroom::lab
