#include "lab/guidance_report.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "formats/png.h"
#include "formats/support.h"

namespace darkroom::lab {
namespace {

GuidanceReport two_scales(const std::string& negative) {
  GuidanceReport report{"a cat", negative, "model", {}};
  for (const double scale : {1.0, 7.0}) {
    GuidanceRun run{.cfg_scale = scale, .calls = {{10, 1, 0.9, 1.2, 0.1, 3}, {1, 0.8, 0.7, 1, 0.2, 4}}};
    run.picture = Image(4, 2, 3);
    run.picture.pixels.assign(24, uint8_t(scale));
    run.psnr_without_negative = negative.empty() ? std::numeric_limits<double>::quiet_NaN() : 20;
    if (!negative.empty()) run.without_negative = Image(4, 2, 3);
    report.runs.push_back(run);
  }
  return report;
}

TEST(GuidanceReport, GivesBothFormulas) {
  const std::string text = guidance_text(two_scales("blurry"));
  EXPECT_NE(text.find("w 7, s 6: sizes c 0.900, u 0.800, c - u 0.150, guided 1.100"), std::string::npos) << text;
  EXPECT_NE(text.find("without the negative prompt: 20.0 dB"), std::string::npos) << text;
  EXPECT_EQ(guidance_text(two_scales("")).find("negative"), std::string::npos);
}

TEST(GuidanceReport, HasEveryCallForPrograms) {
  const auto json = nlohmann::json::parse(guidance_json(two_scales("")));
  EXPECT_EQ(json["runs"][1]["cfg_scale_of_papers"], 6);
  EXPECT_EQ(json["runs"][1]["calls"][1]["sigma"], 1);
  EXPECT_EQ(json["runs"][1]["calls"][1]["guided"], 1);
  EXPECT_TRUE(json["runs"][1]["psnr_without_negative"].is_null());
}

TEST(GuidanceReport, WritesAPageWithPicturesAndPlots) {
  const formats::TemporaryFolder folder;
  write_guidance(folder / "report", two_scales("blurry"));
  const std::string page = formats::content_of(folder / "report" / "README.md");
  for (const char* name : {"pictures.png", "guidance_size.svg", "guidance_latent.svg"}) {
    EXPECT_NE(page.find(name), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(folder / "report" / name));
  }
  const Image sheet = formats::read_png(folder / "report" / "pictures.png").image;
  EXPECT_EQ(sheet.width, 8);
  EXPECT_EQ(sheet.height, 4);
  EXPECT_EQ(sheet.pixel(4, 0)[0], 7);
}

}  // namespace
}  // namespace darkroom::lab
