#include "train/sample_prompts.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::train {
namespace {

TEST(SamplePrompts, FlagsAreKohyas) {
  const formats::TemporaryFolder folder;
  formats::put(
      folder / "prompts.txt",
      "# a comment\n\n a cat, sitting --n blurry, bad --w 512 --h 768 --d 42 --s 28 --l 7.5 --ss euler_a\r\nplain\n");
  const auto prompts = read_sample_prompts(folder / "prompts.txt");
  ASSERT_EQ(prompts.size(), 2u);
  EXPECT_EQ(prompts[0].prompt, "a cat, sitting");
  const std::map<std::string, std::string> expected = {{"negative_prompt", "blurry, bad"},
                                                       {"width", "512"},
                                                       {"height", "768"},
                                                       {"seed", "42"},
                                                       {"steps", "28"},
                                                       {"cfg_scale", "7.5"},
                                                       {"sampler_name", "Euler a"}};
  EXPECT_EQ(prompts[0].settings, expected);
  EXPECT_EQ(prompts[1].prompt, "plain");
  EXPECT_TRUE(prompts[1].settings.empty());
}

TEST(SamplePrompts, UnknownFlagsAreNamedWithTheirLine) {
  const formats::TemporaryFolder folder;
  formats::put(folder / "prompts.txt", "a\nb --zz 5\n");
  const std::string message = formats::error_of([&] { read_sample_prompts(folder / "prompts.txt"); }).what();
  EXPECT_NE(message.find("line 2"), std::string::npos) << message;
  EXPECT_NE(message.find("--zz"), std::string::npos) << message;
  formats::put(folder / "empty.txt", "# nothing\n");
  EXPECT_EQ(formats::error_of([&] { read_sample_prompts(folder / "empty.txt"); }).kind(), ErrorKind::invalid_request);
}

}  // namespace
}  // namespace darkroom::train
