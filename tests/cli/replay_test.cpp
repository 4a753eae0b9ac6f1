#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/picture_file.h"
#include "support/run_program.h"

namespace darkroom::cli {
namespace {

using formats::TemporaryFolder;
using Json = nlohmann::json;

void make_picture(const TemporaryFolder& folder, const std::string& name, const std::string& quality = "100") {
  const ProgramResult made =
      run_program({"generate", "a [red:blue:0.5] apple", "--model", kTiny + "sd15", "--steps", "2", "--width", "32",
                   "--height", "32", "--seed", "7", "--sampler", "Euler a", "--quality", quality, "-q", "-o", name},
                  folder.path());
  ASSERT_EQ(made.code, 0) << made.err;
}

TEST(Replay, IsIdenticalAndSaysSo) {
  const TemporaryFolder folder;
  for (const std::string name : {"a.png", "a.webp"}) {
    make_picture(folder, name);
    const ProgramResult text = run_program({"replay", name, "--model", kTiny + "sd15", "-o", "b.png"}, folder.path());
    ASSERT_EQ(text.code, 0) << text.err;
    EXPECT_NE(text.out.find("identical, pixel for pixel"), std::string::npos) << text.out;
    EXPECT_EQ(text.out.find("not honoured"), std::string::npos) << text.out;
    EXPECT_EQ(formats::read_picture(folder / "b.png").image.pixels, formats::read_picture(folder / name).image.pixels);
    EXPECT_EQ(formats::read_picture(folder / "b.png").texts, formats::read_picture(folder / name).texts);
  }
}

TEST(Replay, ReportsForPrograms) {
  const TemporaryFolder folder;
  make_picture(folder, "a.jpg", "60");
  const ProgramResult result = run_program({"replay", "a.jpg", "--model", kTiny + "sd15", "--json"}, folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json.at("profile"), "darkroom");
  EXPECT_EQ(json.at("difference").at("same_size"), true);
  EXPECT_EQ(json.at("difference").at("identical"), false);
  EXPECT_GT(json.at("difference").at("psnr").get<double>(), 15);
  EXPECT_GT(json.at("difference").at("max_abs").get<int>(), 0);
  EXPECT_EQ(json.at("request").at("sampler_name"), "Euler a");
  bool found = false;
  for (const Json& field : json.at("fields"))
    found |= field.at("key") == "Seed" && field.at("value") == "7" && field.at("status") == "honoured";
  EXPECT_TRUE(found) << result.out;
}

TEST(Replay, OthersPicturesAreReportedFieldByField) {
  const TemporaryFolder folder;
  formats::write_picture(folder / "a.png", Image(64, 64, 3),
                         "a red apple\nSteps: 2, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 32x32, Model hash: "
                         "0123456789, Model: other, Refiner: xl, Version: v1.5.1");
  const ProgramResult result = run_program({"replay", "a.png", "--model", kTiny + "sd15"}, folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find("not honoured  Model hash: 0123456789: the model used here has "), std::string::npos);
  EXPECT_NE(result.out.find("not honoured  Refiner: xl: "), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("differently   RNG: GPU: "), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("in the profile a1111-1.10"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("another size"), std::string::npos) << result.out;
}

TEST(Replay, NeedsARecipe) {
  const TemporaryFolder folder;
  formats::write_picture(folder / "none.png", Image(8, 8, 3), "");
  formats::write_picture(folder / "prompt.png", Image(8, 8, 3), "only a prompt");
  formats::put(folder / "x.png", "no picture");
  const auto refused = [&](const char* name, const char* part) {
    const ProgramResult result = run_program({"replay", name}, folder.path());
    EXPECT_NE(result.code, 0) << name;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  };
  refused("none.png", "must carry a recipe");
  refused("prompt.png", "at least three fields");
  refused("x.png", "must be a PNG, JPEG or WebP");
  refused("nowhere.png", "nowhere.png");
}

}  // namespace
}  // namespace darkroom::cli
