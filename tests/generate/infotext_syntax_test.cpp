// What is written and read together: infotext_test.cpp.
#include "generate/infotext_syntax.h"

#include <gtest/gtest.h>

namespace darkroom::generate {
namespace {

TEST(InfotextSyntax, ReadsOtherProgramsTexts) {
  const ParsedInfotext read = parse_infotext(
      "masterpiece, (cat:1.2)\n second line \nNegative prompt: dog\n  bird\nSteps: 28, Sampler: Euler a, CFG scale: "
      "7.0, "
      "Seed: 1, Size: 832x1216, Model hash: abc, Lora hashes: \"x: 12, y: 34\", Empty: , Version: v1.10.1");
  EXPECT_EQ(read.prompt, "masterpiece, (cat:1.2)\nsecond line");
  EXPECT_EQ(read.negative_prompt, "dog\nbird");
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"Steps", "28"},       {"Sampler", "Euler a"}, {"CFG scale", "7.0"},  {"Seed", "1"},
      {"Size-1", "832"},     {"Size-2", "1216"},     {"Model hash", "abc"}, {"Lora hashes", "x: 12, y: 34"},
      {"Version", "v1.10.1"}};
  EXPECT_EQ(read.fields, fields);
}

TEST(InfotextSyntax, FewFieldsAreAPrompt) {
  const ParsedInfotext read = parse_infotext("a cat\nSteps: 1, Seed: 2");
  EXPECT_EQ(read.prompt, "a cat\nSteps: 1, Seed: 2");
  EXPECT_TRUE(read.fields.empty());
}

TEST(InfotextSyntax, SurvivesAnything) {
  for (const char* text :
       {"", "\n", ":", "a:", "\"", "Key: \"", "Key: \"\\", "Ab: \"\\u12\", Cd: 1, Ef: 2", "\xff\xfe: \xff, ab: 1"})
    EXPECT_NO_THROW(parse_infotext(text)) << text;
  // A line of letters must not take time that grows with its square.
  EXPECT_EQ(parse_infotext(std::string(2'000'000, 'a')).prompt.size(), 2'000'000u);
}

}  // namespace
}  // namespace darkroom::generate
