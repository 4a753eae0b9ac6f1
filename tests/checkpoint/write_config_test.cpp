#include "checkpoint/write_config.h"

#include "fixtures.h"

namespace darkroom::checkpoint {
namespace {

class WriteConfig : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, WriteConfig, testing::Values("sd15", "sd21", "sdxl"));

TEST_P(WriteConfig, WhatWeWriteIsWhatDiffusersWroteOfTheSameModel) {
  const Json theirs = parsed_object(read_text(tiny(GetParam() + ".darkroom.json")), "config");
  const Json ours = configs_json(description_from(theirs));
  for (const auto& [part, config] : theirs.items()) {
    ASSERT_TRUE(ours.contains(part)) << part;
    if (!config.is_object()) continue;
    for (const auto& [key, value] : ours[part].items()) {
      // A number for all levels and a list of it say the same; an encoder without projection has no use for its width.
      if (key == "attention_head_dim" || key == "transformer_layers_per_block" || key == "projection_dim") continue;
      ASSERT_TRUE(config.contains(key)) << part << " " << key;
      EXPECT_EQ(config[key], value) << part << " " << key;
    }
  }
  EXPECT_EQ(configs_json(description_from(ours)), ours);
}

TEST(WriteConfigOfModels, IndexNamesThePipeline) {
  ModelDescription model = describe_checkpoint(tiny("sdxl"));
  EXPECT_EQ(model_index_json(model)["_class_name"], "StableDiffusionXLPipeline");
  model = describe_checkpoint(tiny("sd15"));
  EXPECT_EQ(model_index_json(model)["_class_name"], "StableDiffusionPipeline");
  model.unet.in_channels = 9;
  EXPECT_EQ(model_index_json(model)["_class_name"], "StableDiffusionInpaintPipeline");
}

TEST(WriteConfigOfModels, WhatDiffusersCannotSayIsAnError) {
  ModelDescription model = describe_checkpoint(tiny("sd15"));
  model.unet.middle_depth = 0;
  error_of(ErrorKind::unsupported, [&] { unet_json(model); });
}

}  // namespace
}  // namespace darkroom::checkpoint
