#include "plot/xyz.h"

#include <gtest/gtest.h>

#include "formats/support.h"
#include "generate/infotext.h"
#include "support/tiny_model.h"

namespace darkroom::plot {
namespace {

using generate::Settings;

Settings small(Settings said) {
  const Settings rest = {{"model", generate::tiny_model("sd15")},
                         {"precision", "fp32"},
                         {"prompt", "a red apple"},
                         {"seed", "7"},
                         {"steps", "2"},
                         {"width", "32"},
                         {"height", "32"}};
  said.insert(rest.begin(), rest.end());
  return said;
}

TEST(Xyz, EveryCombinationInOrder) {
  const Plan plan = xyz_plan({{"prompt", "a"}, {"seed", "1"}}, axis_of("Steps: 1,2,3"), axis_of("Sampler: Euler, LMS"),
                             axis_of("CFG scale: 5,6"));
  ASSERT_EQ(plan.cells.size(), 12u);
  EXPECT_EQ(plan.cells[0].at("steps") + plan.cells[0].at("sampler_name") + plan.cells[0].at("cfg_scale"), "1Euler5");
  EXPECT_EQ(plan.cells[4].at("steps") + plan.cells[4].at("sampler_name") + plan.cells[4].at("cfg_scale"), "2LMS5");
  EXPECT_EQ(plan.cells[11].at("steps") + plan.cells[11].at("sampler_name") + plan.cells[11].at("cfg_scale"), "3LMS6");
  EXPECT_EQ(plan.legends.columns.size(), 3u);
  EXPECT_EQ(plan.legends.rows.size(), 2u);
  EXPECT_EQ(plan.layer_legends.size(), 2u);
}

TEST(Xyz, OneSeedForAllCells) {
  const Plan plan = xyz_plan({{"prompt", "a"}}, axis_of("Steps: 1,2"), no_axis(), no_axis());
  EXPECT_EQ(plan.cells[0].at("seed"), plan.cells[1].at("seed"));
  EXPECT_NE(plan.cells[0].at("seed"), "-1");
  EXPECT_TRUE(plan.legends.rows.empty());
}

TEST(Xyz, CellsAreThePicturesOfTheirRecipes) {
  const Plan plan = xyz_plan(small({}), axis_of("Steps: 1,2"), axis_of("Sampler: Euler a, Euler"), no_axis());
  int finished = 0;
  const Plot plot = plotted(plan, {.on_cell = [&](int, const Cell&) { ++finished; }});
  EXPECT_EQ(finished, 4);
  ASSERT_EQ(plot.cells.size(), 4u);
  const generate::LoadedModel model({.model = generate::tiny_model("sd15"), .precision = "fp32"});
  for (const Cell& cell : plot.cells) {
    const Settings read = generate::infotext_settings(generate::parse_infotext(cell.infotext));
    const auto again = generate::pictures_of(model, generate::completed_request(read)).at(0);
    EXPECT_EQ(again.image.pixels, cell.image.pixels) << cell.infotext;
  }
  // The cells stand at the right and at the bottom, unchanged.
  const int left = plot.image.width - 64, top = plot.image.height - 64;
  for (int i = 0; i < 4; ++i) {
    const uint8_t* corner = plot.image.pixel(left + i % 2 * 32, top + i / 2 * 32);
    EXPECT_EQ(
        std::vector<uint8_t>(corner, corner + 3),
        std::vector<uint8_t>(plot.cells[size_t(i)].image.pixel(0, 0), plot.cells[size_t(i)].image.pixel(0, 0) + 3));
  }
  EXPECT_NE(plot.infotext.find(", Script: X/Y/Z plot, X Type: Steps, X Values: \"1,2\", Y Type: Sampler, Y Values: "
                               "\"Euler a, Euler\", Version: "),
            std::string::npos)
      << plot.infotext;
}

TEST(Xyz, ModelsAreLoadedOnceEach) {
  const std::string other = generate::tiny_model("sd15.safetensors"), first = generate::tiny_model("sd15");
  const Plan plan =
      xyz_plan(small({}), axis_of("Checkpoint name: " + first + ", " + other + ", " + first), no_axis(), no_axis());
  std::vector<int> order;
  const Plot plot = plotted(plan, {.on_cell = [&](int index, const Cell&) { order.push_back(index); }});
  EXPECT_EQ(order, (std::vector<int>{0, 2, 1}));
  EXPECT_EQ(plot.cells[0].image.pixels, plot.cells[2].image.pixels);
}

TEST(Xyz, BadCellsAreRefusedBeforeTheFirstIsMade) {
  const Plan plan = xyz_plan(small({{"profile", "a1111-1.10"}, {"scheduler", "Karras"}}),
                             axis_of("Sampler: Euler, DDIM"), no_axis(), no_axis());
  formats::expect_error(ErrorKind::invalid_request, "noise levels of its own",
                        [&] { plotted(plan, {.on_cell = [](int, const Cell&) { FAIL(); }}); });
  const Axis many = axis_of("Seed: 1-1000");
  formats::expect_error(ErrorKind::invalid_request, "at most 10000", [&] { xyz_plan({}, many, many, no_axis()); });
}

TEST(Matrix, EveryCombinationOfParts) {
  const Plan plan = matrix_plan({{"prompt", "a cat| in ink,|, at night |old"}, {"seed", "3"}});
  EXPECT_EQ(plan.columns, 4);
  EXPECT_EQ(plan.rows, 2);
  ASSERT_EQ(plan.cells.size(), 8u);
  EXPECT_EQ(plan.cells[0].at("prompt"), "a cat");
  EXPECT_EQ(plan.cells[1].at("prompt"), "a cat, in ink");
  EXPECT_EQ(plan.cells[2].at("prompt"), "a cat,  at night");
  EXPECT_EQ(plan.cells[7].at("prompt"), "a cat, in ink,  at night, old");
  ASSERT_EQ(plan.legends.columns.size(), 4u);
  EXPECT_FALSE(plan.legends.columns[1][1].applies);
  EXPECT_TRUE(plan.legends.columns[1][0].applies);
  EXPECT_EQ(plan.legends.rows[1][0].text, "old");
}

TEST(Matrix, OnePartIsOnePicture) {
  const Plan plan = matrix_plan({{"prompt", "a cat"}});
  EXPECT_EQ(plan.cells.size(), 1u);
  EXPECT_TRUE(plan.legends.columns.empty());
  formats::expect_error(ErrorKind::invalid_request, "at most 10 parts", [] {
    matrix_plan({{"prompt", "a|b|c|d|e|f|g|h|i|j|k|l"}});
  });
}

}  // namespace
}  // namespace darkroom::plot
