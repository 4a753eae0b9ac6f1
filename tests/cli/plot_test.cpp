#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/picture_file.h"
#include "support/run_program.h"

namespace darkroom::cli {
namespace {

using formats::TemporaryFolder;

std::vector<std::string> small(std::vector<std::string> arguments) {
  const std::vector<std::string> rest = {"--model", kTiny + "sd15", "--width", "32", "--height",
                                         "32",      "--seed",       "7",       "-q"};
  arguments.insert(arguments.end(), rest.begin(), rest.end());
  return arguments;
}

TEST(Plot, XyzWritesOnePictureWithTheRecipesOfItsCells) {
  const TemporaryFolder folder;
  const ProgramResult result = run_program(small({"xyz", "a red apple", "--x", "Steps: 1-2", "--y",
                                                  "Prompt S/R: red, blue", "-o", "p.png", "--cells", "cells/%02d.png"}),
                                           folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  const formats::PictureFile plot = formats::read_picture(folder / "p.png");
  EXPECT_GT(plot.image.width, 64);
  EXPECT_NE(plot.texts.at("parameters").find("X Type: Steps, X Values: 1-2"), std::string::npos);
  const auto cells = nlohmann::json::parse(plot.texts.at("darkroom.cells"));
  ASSERT_EQ(cells.size(), 4u);
  EXPECT_EQ(cells[3].at("x"), 1);
  EXPECT_EQ(cells[3].at("y"), 1);
  EXPECT_EQ(cells[3].at("infotext"), formats::read_picture(folder / "cells/03.png").texts.at("parameters"));
  EXPECT_TRUE(cells[3].at("infotext").get<std::string>().starts_with("a blue apple\n"));
}

TEST(Plot, MatrixDoesTheSameForParts) {
  const TemporaryFolder folder;
  const ProgramResult result =
      run_program(small({"matrix", "an apple|red|big", "--steps", "1", "-o", "m.webp"}), folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_NE(formats::read_picture(folder / "m.webp").texts.at("parameters").find("Script: Prompt matrix"),
            std::string::npos);
}

TEST(Plot, RefusesWhatMakesNoSense) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::vector<std::string>& arguments, const char* part) {
    const ProgramResult result = run_program(arguments, folder.path());
    EXPECT_EQ(result.code, 2);
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  };
  refused({"xyz", "--x", "Steps: 1"}, "a prompt is needed");
  refused({"xyz", "a", "--x", "Steeps: 1"}, "--x: there is no axis");
  refused({"xyz", "a", "--y", "Prompt S/R: b, c"}, "must be in the prompt");
  refused({"xyz", "a", "--x", "Steps: 1", "-o", "p.gif"}, "must end in .png");
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace darkroom::cli
