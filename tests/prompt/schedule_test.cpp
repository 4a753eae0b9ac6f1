#include "prompt/schedule.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "prompt/golden.h"

namespace darkroom::prompt {
namespace {

using Schedule = std::vector<ScheduledText>;

TEST(Schedule, IsTheReferences) {
  int compared = 0;
  const nlohmann::json runs = golden("prompts.json").at("schedules");
  for (const auto& run : runs) {
    ScheduleOptions options{.calls = run.at("steps"), .old_rule = run.at("old")};
    if (!run.at("hires_steps").is_null()) options.hires_calls = run.at("hires_steps").get<int>();
    Schedule expected;
    for (const auto& entry : run.at("out")) expected.push_back({entry[0], entry[1]});
    EXPECT_EQ(parse_schedule(run.at("text").get<std::string>(), options), expected) << run.dump();
    ++compared;
  }
  EXPECT_EQ(compared, 76);
}

TEST(Schedule, PartsAreTheReferences) {
  const nlohmann::json runs = golden("prompts.json").at("and");
  EXPECT_EQ(runs.size(), 5u);
  for (const auto& run : runs) {
    std::vector<WeightedPart> expected;
    for (const auto& entry : run.at("out")) expected.push_back({entry[0], entry[1]});
    EXPECT_EQ(split_and(run.at("text").get<std::string>()), expected) << run.dump();
  }
}

TEST(Schedule, NestsAndKeepsEscapes) {
  const ScheduleOptions ten{.calls = 10};
  EXPECT_EQ(parse_schedule("[a [b:c:2]:d:5]", ten), (Schedule{{2, "a b"}, {5, "a c"}, {10, "d"}}));
  EXPECT_EQ(parse_schedule("\\[a:b:2\\]", ten), (Schedule{{10, "\\[a:b:2\\]"}}));
  EXPECT_EQ(parse_schedule("(x [a:b:0.2]:1.3)", ten), (Schedule{{2, "(x a:1.3)"}, {10, "(x b:1.3)"}}));
  EXPECT_EQ(parse_schedule("[a::3] [b:3]", ten), (Schedule{{3, "a "}, {10, " b"}}));
  EXPECT_EQ(parse_schedule("[a:b:1e1]", {.calls = 20}), (Schedule{{10, "a"}, {20, "b"}}));
  EXPECT_EQ(parse_schedule("[a:b:1e999]", ten), (Schedule{{10, "a"}}));
  EXPECT_EQ(parse_schedule("", ten), (Schedule{{10, ""}}));
}

TEST(Schedule, TextWithoutAReadingIsLiteral) {
  const ScheduleOptions ten{.calls = 10};
  for (const char* text : {"a | b", "[a:b:3] \\", "x [a:b:5] | y", "[a|b:3]"})
    EXPECT_EQ(parse_schedule(text, ten), (Schedule{{10, text}})) << text;
}

TEST(Schedule, LongAndDeepTextEndsSoon) {
  const ScheduleOptions ten{.calls = 10};
  EXPECT_EQ(parse_schedule(std::string(900, '('), ten).at(0).text.size(), 900u);
  const std::string pairs = [] {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += "[a:b:3](c)";
    return text + std::string(500, '[');
  }();
  EXPECT_EQ(parse_schedule(pairs, ten).size(), 2u);
  EXPECT_THROW(parse_schedule(std::string(100000, '['), ten), Error);
}

TEST(Schedule, WordsThatContainAndAreWords) {
  EXPECT_EQ(split_and("BAND sANDy AND_ x").size(), 1u);
  EXPECT_EQ(split_and("a:1 AND b:-0.5  AND c:2.").at(1), (WeightedPart{" b", -0.5}));
  EXPECT_EQ(split_and("a:1 AND b AND c:2.").at(2), (WeightedPart{" c", 2}));
  EXPECT_EQ(split_and("score:1e3"), (std::vector<WeightedPart>{{"score:1e3", 1}}));
  EXPECT_EQ(split_and(""), (std::vector<WeightedPart>{{"", 1}}));
}

}  // namespace
}  // namespace darkroom::prompt
