#include "prompt/extra_networks.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::prompt {
namespace {

using formats::expect_error;

LoraTag only_tag(std::string_view prompt) {
  const auto tags = lora_tags(without_tags(prompt));
  EXPECT_EQ(tags.size(), 1u);
  return tags.at(0);
}

TEST(ExtraNetworks, TagsLeaveNothing) {
  EXPECT_EQ(without_tags("a <lora:x:1>cat").text, "a cat");
  EXPECT_EQ(without_tags("<lora:x><foo:bar:1:2>").text, "");
  EXPECT_EQ(without_tags("<foo:bar:1:2>").tags[0].arguments, (std::vector<std::string>{"bar", "1", "2"}));
  EXPECT_EQ(without_tags("<foo::>").tags[0].arguments, (std::vector<std::string>{"", ""}));
  EXPECT_EQ(without_tags("<lora:a\nb>").tags[0].arguments[0], "a\nb");
  EXPECT_EQ(without_tags("<lora:a<b>").tags[0].arguments[0], "a<b");
  EXPECT_EQ(without_tags("<größe:x>").tags[0].type, "größe");
}

TEST(ExtraNetworks, WhatIsNoTagStays) {
  for (const char* text :
       {"<3", "a < b > c", "<lora>", "<lora:>", "<lora:x", "<:x>", "< lora:x>", "<lo-ra:x>", "<", "", "\\<lora\\:x>"}) {
    EXPECT_EQ(without_tags(text).text, text);
    EXPECT_TRUE(without_tags(text).tags.empty()) << text;
  }
  EXPECT_EQ(without_tags("<<lora:x:1>").text, "<");
}

TEST(ExtraNetworks, LoraWeightsByPlaceAndByName) {
  const auto values = [](std::string_view prompt) {
    const LoraTag tag = only_tag(prompt);
    return std::vector<double>{tag.text, tag.unet, double(tag.rank_limit)};
  };
  using Values = std::vector<double>;
  EXPECT_EQ(values("<lora:x>"), (Values{1, 1, 0}));
  EXPECT_EQ(values("<lora:x:0.8>"), (Values{0.8, 0.8, 0}));
  EXPECT_EQ(values("<lyco:x:-.5>"), (Values{-0.5, -0.5, 0}));
  EXPECT_EQ(values("<lora:x: +2 >"), (Values{2, 2, 0}));
  EXPECT_EQ(values("<lora:x:0.5:1:8>"), (Values{0.5, 1, 8}));
  EXPECT_EQ(values("<lora:x:te=0.5>"), (Values{0.5, 0.5, 0}));
  EXPECT_EQ(values("<lora:x:unet=0.5>"), (Values{1, 0.5, 0}));
  EXPECT_EQ(values("<lora:x:0.2:te=0.5:unet=1:dyn=4>"), (Values{0.5, 1, 4}));
  EXPECT_EQ(only_tag("<lora:a b.c:1>").name, "a b.c");
}

TEST(ExtraNetworks, BadTagsAreRefused) {
  const auto refused = [](const std::string& prompt, const std::string& part) {
    expect_error(ErrorKind::invalid_request, part, [&] { only_tag(prompt); });
  };
  refused("<lora:x:much>", "read the tag \"<lora:x:much>\": a number is needed, \"much\" was given");
  refused("<lora:x:>", "a number is needed");
  refused("<lora:x:nan>", "a number is needed");
  refused("<lora:x:inf>", "a number is needed");
  refused("<lora:x:1:1:2.5>", "a whole number is needed, \"2.5\" was given");
  refused("<lora:x:dyn=0>", "dyn must be at least 1, 0 was given");
  refused("<lora:te=1>", "must be <lora:name>");
  refused("<lora::1>", "must be <lora:name>");
  refused("<lora:x:1:1:1:1>", "must be <lora:name>");
  refused("<lora:x:start=0.5>", "the arguments are te=, unet= and dyn=, \"start=0.5\" was given");
}

}  // namespace
}  // namespace darkroom::prompt
