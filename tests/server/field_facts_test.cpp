#include "server/field_facts.h"

#include <gtest/gtest.h>

namespace darkroom::server {
namespace {

TEST(FieldFacts, SayWhatAFieldTakes) {
  const auto steps = field_facts(generate::request_field("steps"));
  EXPECT_EQ(steps["type"], "whole");
  EXPECT_EQ(steps["default"], 20);
  EXPECT_EQ(steps["least"], 1);
  EXPECT_EQ(steps["recorded"], "always");
  const auto tiling = field_facts(generate::request_field("tiling"));
  EXPECT_EQ(tiling["default"], false);
  EXPECT_EQ(tiling["recorded"], "unlike_default");
  EXPECT_FALSE(tiling.contains("least"));
  EXPECT_FALSE(field_facts(generate::request_field("profile"))["choices"].empty());
}

TEST(FieldFacts, FoldersAreNotForPeople) {
  EXPECT_FALSE(is_for_people(generate::request_field("lora_dir")));
  EXPECT_TRUE(is_for_people(generate::request_field("prompt")));
}

}  // namespace
}  // namespace darkroom::server
