#include "generate/starting_point.h"

#include "formats/support.h"
#include "generate/inpainting_model.h"
#include "support/picture_parity.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

constexpr double kStartRounding = 2e-5;  // fp32 through the VAE, sums in another order

GenerateRequest start_request(Settings said = {}) {
  said.merge(Settings{{"width", "64"}, {"height", "64"}, {"mask_blur", "0"}, {"init_image", "p"}});
  return completed_request(said);
}

StartingPoint start_of(const LoadedModel& model, const GenerateRequest& request, bool has_mask = true) {
  NoGrad guard;
  std::optional<Image> mask;
  if (has_mask) mask = parity_image("mask");
  return starting_point(model.parts(), request, canvas_of(request, parity_image("picture"), mask), {42});
}

TEST(StartingPoint, LatentsAreTheModeOfTheReferenceEncoder) {
  for (const std::string family : {"sd15", "sd21"}) {
    const LoadedModel model({.model = tiny_model(family), .precision = "fp32"});
    const StartingPoint point = start_of(model, start_request(), /*has_mask=*/false);
    EXPECT_LT(relative_error(point.latents, parity("pictures", family + ".init")), kStartRounding) << family;
    EXPECT_FALSE(point.mask);
    EXPECT_FALSE(point.shown.defined());
  }
}

TEST(StartingPoint, InpaintingModelsAreShownWhatTheReferenceShows) {
  const LoadedModel model({.model = tiny_model("inpaint.safetensors"), .precision = "fp32"});
  const StartingPoint point = start_of(model, start_request());
  EXPECT_LT(relative_error(point.shown, parity("pictures", "inpaint.shown")), kStartRounding);
  // At weight 0 nothing of the picture is hidden.
  const StartingPoint open = start_of(model, start_request({{"inpainting_mask_weight", "0"}}));
  EXPECT_LT(relative_error(open.shown.narrow(1, 1, 4), parity("pictures", "sd15.init")), kStartRounding);
  EXPECT_TRUE(open.shown.narrow(1, 0, 1).equal(point.shown.narrow(1, 0, 1)));
  // Without a mask all of it is to be made.
  EXPECT_TRUE(start_of(model, start_request(), /*has_mask=*/false).shown.narrow(1, 0, 1).eq(1).all().item<bool>());
}

TEST(StartingPoint, WithoutAPictureInpaintingModelsAreShownGrey) {
  NoGrad guard;
  const LoadedModel model({.model = tiny_model("inpaint.safetensors"), .precision = "fp32"});
  const Tensor shown = shown_nothing(model.parts(), 64, 64);
  EXPECT_TRUE(shown.narrow(1, 0, 1).eq(1).all().item<bool>());
  EXPECT_LT(relative_error(shown.narrow(1, 1, 4), parity("pictures", "inpaint.grey")), kStartRounding);
}

TEST(StartingPoint, MaskedContentIsWhatWasAskedFor) {
  const LoadedModel model({.model = tiny_model("sd15"), .precision = "fp32"});
  const auto content = [&](const char* name) { return start_of(model, start_request({{"inpainting_fill", name}})); };
  const StartingPoint original = content("original"), nothing = content("latent nothing"),
                      noise = content("latent noise"), fill = content("fill");
  const Tensor share = original.mask->share;
  EXPECT_EQ(share.sizes(), (at::IntArrayRef{1, 1, 16, 16}));
  EXPECT_TRUE(share.eq(0).logical_or(share.eq(1)).all().item<bool>());
  EXPECT_LT(relative_error(original.latents, parity("pictures", "sd15.init")), kStartRounding);
  EXPECT_TRUE(nothing.latents.equal(fill.latents * (1 - share)));  // both fill the pixels first, as in the reference
  EXPECT_TRUE((noise.latents * share).equal(parity("pictures", "noise") * share));  // that of seed 42
  EXPECT_TRUE((noise.latents * (1 - share)).equal(fill.latents * (1 - share)));
  EXPECT_GT(relative_error(fill.latents, original.latents), 0.01);
  EXPECT_TRUE(fill.mask->kept.equal(fill.latents));
}

TEST(StartingPoint, SoftMasksStaySoftWhereAskedTo) {
  const LoadedModel model({.model = tiny_model("sd15"), .precision = "fp32"});
  const StartingPoint soft = start_of(model, start_request({{"mask_blur", "6"}, {"mask_round", "False"}}));
  EXPECT_TRUE(soft.mask->share.gt(0.1).logical_and(soft.mask->share.lt(0.9)).any().item<bool>());
}

TEST(StartingPoint, LatentResizeEncodesThePictureAtItsOwnSize) {
  const LoadedModel model({.model = tiny_model("sd15"), .precision = "fp32"});
  const GenerateRequest request =
      start_request({{"width", "96"}, {"height", "32"}, {"resize_mode", "Just resize (latent upscale)"}});
  const Tensor expected = at::upsample_bilinear2d(parity("pictures", "sd15.init"), {8, 24}, false);
  EXPECT_LT(relative_error(start_of(model, request, /*has_mask=*/false).latents, expected), kStartRounding);
  const LoadedModel inpainting({.model = tiny_model("inpaint.safetensors"), .precision = "fp32"});
  EXPECT_EQ(start_of(inpainting, request, /*has_mask=*/false).shown.sizes(), (at::IntArrayRef{1, 5, 8, 24}));
  formats::expect_error(ErrorKind::invalid_request, "at least 4 pixels on each side, it has 3x20",
                        [&] { starting_point(model.parts(), request, canvas_of(request, Image(3, 20, 3), {}), {42}); });
}

}  // namespace
}  // namespace darkroom::generate
