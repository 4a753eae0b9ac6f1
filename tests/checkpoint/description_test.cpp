#include "checkpoint/description.h"

#include "fixtures.h"

namespace darkroom::checkpoint {
namespace {

TEST(Description, DefaultsAreTheFullSizeModels) {
  check_sizes(models::UNetConfig());
  check_sizes(models::VaeConfig());
  check_sizes(models::ClipTextConfig());
}

TEST(Description, SizesThatCannotBeBuiltAreErrors) {
  const auto unet_error = [](auto change) {
    models::UNetConfig unet;
    change(unet);
    return error_of(ErrorKind::corrupt_file, [&] { check_sizes(unet); });
  };
  EXPECT_TRUE(mentions(unet_error([](auto& c) { c.heads[1] = 7; }), "heads"));
  EXPECT_TRUE(mentions(unet_error([](auto& c) { c.heads[1] = 0; }), "heads"));
  EXPECT_TRUE(mentions(unet_error([](auto& c) { c.groups = 0; }), "groups"));
  EXPECT_TRUE(mentions(unet_error([](auto& c) { c.channels = {}; }), "levels"));
  EXPECT_TRUE(mentions(unet_error([](auto& c) { c.context = 1 << 20; }), "context"));
  EXPECT_TRUE(mentions(unet_error([](auto& c) {
                         c.channels[0] = 33;
                         c.groups = 33;
                       }),
                       "even"));
  models::VaeConfig vae;
  vae.scale = 0;
  EXPECT_TRUE(mentions(error_of(ErrorKind::corrupt_file, [&] { check_sizes(vae); }), "scale"));
  models::ClipTextConfig text;
  text.vocabulary = 1 << 30;
  EXPECT_TRUE(mentions(error_of(ErrorKind::corrupt_file, [&] { check_sizes(text); }), "vocabulary"));
}

TEST(Description, PartsOfSdxlMustMakeItsVector) {
  ModelDescription model = describe_checkpoint(tiny("sdxl"));
  check_parts(model);
  model.size_embedding = 10;
  EXPECT_TRUE(mentions(error_of(ErrorKind::unsupported, [&] { check_parts(model); }), "vector"));
  model = describe_checkpoint(tiny("sdxl"));
  model.text_encoders.pop_back();
  EXPECT_TRUE(mentions(error_of(ErrorKind::unsupported, [&] { check_parts(model); }), "2 text encoders"));
}

TEST(Description, FamilyFollowsFromTheNetworks) {
  EXPECT_EQ(family_name(family_of(describe_checkpoint(tiny("sd15")))), "SD 1.x");
  EXPECT_EQ(family_name(family_of(describe_checkpoint(tiny("sd21")))), "SD 2.x");
  EXPECT_EQ(family_name(family_of(describe_checkpoint(tiny("sdxl")))), "SDXL");
}

}  // namespace
}  // namespace darkroom::checkpoint
