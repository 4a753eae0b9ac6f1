#include "train/caption_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

std::string used(const CaptionRules& rules, const std::vector<std::string>& lines, uint64_t sample = 0,
                 const CaptionUse& use = {}) {
  at::Generator generator = generator_for(1, Purpose::batch, sample);
  return used_caption(rules, lines, use, generator);
}

std::set<std::string> tags_in(const std::string& caption) {
  std::set<std::string> tags;
  for (size_t begin = 0; begin <= caption.size();) {
    const size_t end = std::min(caption.find(", ", begin), caption.size());
    tags.insert(caption.substr(begin, end - begin));
    begin = end + 2;
  }
  return tags;
}

TEST(CaptionRules, WithoutRulesTheFirstLineStaysAsItIs) {
  EXPECT_EQ(used({}, {"a cat,sitting ,  red", "another"}), "a cat,sitting ,  red");
  EXPECT_EQ(used({.prefix = "photo of", .suffix = "at night"}, {"a cat"}), "photo of a cat at night");
}

TEST(CaptionRules, ShufflingKeepsAllTagsAndTheFirstWhereTheyAre) {
  const CaptionRules rules{.shuffle = true, .keep_tokens = 1};
  std::set<std::string> seen;
  for (uint64_t sample = 0; sample < 50; ++sample) {
    const std::string caption = used(rules, {"sks,a, b ,c"}, sample);
    EXPECT_TRUE(caption.starts_with("sks, "));
    EXPECT_EQ(tags_in(caption), (std::set<std::string>{"sks", "a", "b", "c"}));
    seen.insert(caption);
  }
  EXPECT_EQ(seen.size(), 6u) << "every order of three";
  EXPECT_EQ(used(rules, {"sks,a,b,c"}, 7), used(rules, {"sks,a,b,c"}, 7)) << "the sample decides";
}

TEST(CaptionRules, ASeparatorMarksWhatStays) {
  const CaptionRules rules{.shuffle = true, .keep_tokens_separator = "|||"};
  for (uint64_t sample = 0; sample < 20; ++sample) {
    const std::string caption = used(rules, {"x, y ||| a, b, , c ||| end"}, sample);
    EXPECT_TRUE(caption.starts_with("x, y, ")) << caption;
    EXPECT_TRUE(caption.ends_with(", end")) << caption;
  }
  EXPECT_EQ(used({.keep_tokens_separator = "|||"}, {"x ||| a"}), "x ||| a") << "nothing moves, so it is text";
}

TEST(CaptionRules, WholeCaptionsAreDropped) {
  int dropped = 0;
  for (uint64_t sample = 0; sample < 1000; ++sample) dropped += used({.dropout_rate = 0.2}, {"a"}, sample).empty();
  EXPECT_NEAR(dropped, 200, 40);
  EXPECT_EQ(used({.dropout_every_n_epochs = 3}, {"a"}, 0, {.epoch = 2}), "a");
  EXPECT_EQ(used({.dropout_every_n_epochs = 3}, {"a"}, 0, {.epoch = 6}), "");
}

TEST(CaptionRules, TagsAreDroppedButNotTheKept) {
  std::map<std::string, int> counts;
  for (uint64_t sample = 0; sample < 1000; ++sample)
    for (const auto& tag : tags_in(used({.keep_tokens = 1, .tag_dropout_rate = 0.3}, {"k,a,b"}, sample))) ++counts[tag];
  EXPECT_EQ(counts["k"], 1000);
  EXPECT_NEAR(counts["a"], 700, 50);
  EXPECT_NEAR(counts["b"], 700, 50);
}

TEST(CaptionRules, TagsGrowOverTheWarmUp) {
  const CaptionRules rules{.warmup_steps = 10, .warmup_min = 2};
  const auto count = [&](int64_t step) {
    return tags_in(used(rules, {"a,b,c,d,e,f"}, 0, {.step = step, .steps = 100})).size();
  };
  EXPECT_EQ(count(0), 2u);
  EXPECT_EQ(count(5), 4u);
  EXPECT_EQ(count(9), 5u);
  EXPECT_EQ(count(10), 6u);
  EXPECT_EQ(tags_in(used({.warmup_steps = 0.1, .warmup_min = 1}, {"a,b,c"}, 0, {.step = 0, .steps = 100})).size(), 1u);
}

TEST(CaptionRules, WildcardsAreChoices) {
  std::map<std::string, int> seen;
  for (uint64_t sample = 0; sample < 400; ++sample)
    ++seen[used({.wildcards = true}, {"a {red|blue} {{x}}", "other {y}"}, sample)];
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_NEAR(seen["other y"], 200, 50);
  EXPECT_NEAR(seen["a red {x}"], 100, 40);
  EXPECT_NEAR(seen["a blue {x}"], 100, 40);
  EXPECT_EQ(used({.wildcards = true}, {"a {} {open"}), "a {} {open");
  EXPECT_EQ(used({}, {"a {red|blue}"}), "a {red|blue}");
}

TEST(CaptionRules, ASecondarySeparatorTiesTagsTogether) {
  const std::string caption = used({.shuffle = true, .keep_tokens = 0, .secondary_separator = ";;;"}, {"a;;;b,c"}, 3);
  EXPECT_TRUE(caption == "a,b, c" || caption == "c, a,b") << caption;
}

TEST(CaptionRules, RefusesWhatCannotBe) {
  EXPECT_THROW(check({.dropout_rate = 1.5}), Error);
  EXPECT_THROW(check({.separator = ""}), Error);
  EXPECT_THROW(check({.keep_tokens = -1}), Error);
  check({});
}

TEST(CaptionRules, AMeasuredCaptionIsWhole) {
  at::Generator draws = generator_for(0, Purpose::validation, 0);
  const CaptionRules rules{.prefix = "sks style,",
                           .suffix = "photo",
                           .dropout_rate = 1,
                           .dropout_every_n_epochs = 1,
                           .shuffle = true,
                           .tag_dropout_rate = 1,
                           .warmup_steps = 100,
                           .secondary_separator = ";"};
  EXPECT_EQ(measured_caption(rules, {"a,b;c , d"}, draws), "sks style, a, b,c, d photo");
  EXPECT_EQ(measured_caption({}, {"a,b ,c"}, draws), "a,b ,c");
  const std::string chosen = measured_caption({.wildcards = true}, {"{red|blue} car"}, draws);
  EXPECT_TRUE(chosen == "red car" || chosen == "blue car") << chosen;
  const std::string around =
      measured_caption({.shuffle = true, .keep_tokens_separator = "|||", .tag_dropout_rate = 1}, {"x ||| a, b"}, draws);
  EXPECT_TRUE(around == "x, a, b" || around == "x, b, a") << around;
}

}  // namespace
}  // namespace darkroom::train
