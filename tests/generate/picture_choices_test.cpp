#include "generate/picture_choices.h"

#include "formats/support.h"

namespace darkroom::generate {
namespace {

TEST(PictureChoices, PlacesAreA1111s) {
  EXPECT_EQ(choice_named(resize_mode_names(), "crop AND resize"), size_t(ResizeMode::crop));
  EXPECT_EQ(choice_named(resize_mode_names(), "3"), size_t(ResizeMode::latent));
  EXPECT_EQ(choice_named(masked_content_names(), "latent noise"), 2u);
  EXPECT_EQ(choice_named(masked_content_names(), "original"), size_t(MaskedContent::original));
  EXPECT_EQ(choice_named(inpaint_area_names(), "True"), size_t(InpaintArea::only_masked));
  EXPECT_EQ(choice_named(mask_mode_names(), "False"), size_t(MaskMode::masked));
  EXPECT_EQ(choice_named(mask_mode_names(), "1"), size_t(MaskMode::not_masked));
}

TEST(PictureChoices, OthersAreRefusedByListingThem) {
  formats::expect_error(ErrorKind::invalid_request,
                        "one of fill, original, latent noise, latent nothing is needed, \"True\" was given",
                        [] { choice_named(masked_content_names(), "True"); });
}

}  // namespace
}  // namespace darkroom::generate
