#include "generate/canvas.h"

#include "formats/support.h"
#include "generate/request_fields.h"
#include "imaging/golden.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;
using imaging::Json;
using imaging::pattern;
using imaging::same;
using imaging::stored;

Image marked_canvas(const Json& box) {
  Image mask(40, 30, 1);
  for (int y = box.at(1); y < box.at(3); ++y)
    for (int x = box.at(0); x < box.at(2); ++x) *mask.pixel(x, y) = 255;
  return mask;
}

GenerateRequest canvas_request(int width, int height, const Settings& said = {}) {
  GenerateRequest request = completed_request(said);
  request.width = width;  // past the rows' multiples: small cases
  request.height = height;
  return request;
}

TEST(Canvas, IsA1111sBitForBit) {
  for (const Json& one : imaging::golden("canvas")) {
    const Image expected = stored(one.at("picture"));
    const GenerateRequest request =
        canvas_request(expected.width, expected.height,
                       {{"resize_mode", std::to_string(one.at("mode").get<int>())},
                        {"inpaint_full_res", one.at("only_masked").get<bool>() ? "1" : "0"},
                        {"inpaint_full_res_padding", std::to_string(one.at("padding").get<int>())},
                        {"inpainting_fill", one.at("fill").get<bool>() ? "0" : "1"},
                        {"inpainting_mask_invert", one.at("inverted").get<bool>() ? "1" : "0"},
                        {"mask_blur", std::to_string(one.at("blur").get<int>())}});
    const Canvas canvas = canvas_of(request, pattern(40, 30, 3), marked_canvas(one.at("marked")));
    const std::string asked = one.at("marked").dump() + one.at("mode").dump() + one.at("blur").dump();
    EXPECT_TRUE(same(canvas.picture, expected)) << asked;
    EXPECT_TRUE(same(*canvas.mask, stored(one.at("mask")))) << asked;
    const Image made = laid_under(*canvas.overlay, pattern(request.width, request.height, 3, 9));
    EXPECT_TRUE(same(made, stored(one.at("result")))) << asked;
  }
}

TEST(Canvas, WithoutAMaskIsThePictureOnWhite) {
  Image picture(2, 1, 4);
  picture.pixels = {10, 20, 30, 255, 10, 20, 30, 0};
  const Canvas canvas = canvas_of(canvas_request(2, 1), picture, std::nullopt);
  EXPECT_EQ(canvas.picture.pixels, (std::vector<uint8_t>{10, 20, 30, 255, 255, 255}));
  EXPECT_FALSE(canvas.mask);
  EXPECT_FALSE(canvas.overlay);
}

TEST(Canvas, LatentResizeLeavesThePictureAsItIs) {
  const Settings latent = {{"resize_mode", "3"}};
  EXPECT_TRUE(same(canvas_of(canvas_request(16, 16, latent), pattern(40, 30, 3), {}).picture, pattern(40, 30, 3)));
  const Image mask(40, 30, 1);
  expect_error(ErrorKind::invalid_request, "with a mask the picture must have the run's size 16x16, it has 40x30",
               [&] { canvas_of(canvas_request(16, 16, latent), pattern(40, 30, 3), mask); });
  EXPECT_TRUE(canvas_of(canvas_request(40, 30, latent), pattern(40, 30, 3), mask).mask);
}

TEST(Canvas, MasksOfAnotherSizeAreBroughtToTheRunsOrRefused) {
  const Image mask = marked_canvas({10, 10, 30, 20});
  const Canvas canvas = canvas_of(canvas_request(16, 16), pattern(64, 50, 3), mask);
  EXPECT_EQ(canvas.mask->width, 16);
  expect_error(ErrorKind::invalid_request, "the mask must have the picture's size 64x50, it has 40x30", [&] {
    canvas_of(canvas_request(16, 16, {{"inpaint_full_res", "1"}}), pattern(64, 50, 3), mask);
  });
}

TEST(Canvas, BlankMasksKeepEverythingOrAreNone) {
  const Image blank(40, 30, 1);
  const Canvas whole = canvas_of(canvas_request(40, 30), pattern(40, 30, 3), blank);
  EXPECT_TRUE(same(laid_under(*whole.overlay, Image(40, 30, 3)), pattern(40, 30, 3)));
  const Canvas part = canvas_of(canvas_request(40, 30, {{"inpaint_full_res", "1"}}), pattern(40, 30, 3), blank);
  EXPECT_FALSE(part.mask);
  EXPECT_FALSE(part.overlay);
  EXPECT_TRUE(same(part.picture, pattern(40, 30, 3)));
}

}  // namespace
}  // namespace darkroom::generate
