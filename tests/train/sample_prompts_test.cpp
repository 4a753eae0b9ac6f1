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
  EXPECT_TRUE(read_sample_prompts(folder / "empty.txt").empty());  // as kohya's GUI writes it where nothing was said
}

const std::map<std::string, std::string> kFullSettings = {
    {"negative_prompt", "blurry"}, {"width", "512"},           {"height", "768"}, {"seed", "42"}, {"steps", "28"},
    {"cfg_scale", "7.5"},          {"sampler_name", "Euler a"}};

TEST(SamplePrompts, JsonHasKohyasKeysOrLines) {
  const formats::TemporaryFolder folder;
  formats::put(folder / "prompts.json",
               R"(["a cat --d 7", {"prompt": " a dog ", "negative_prompt": "blurry", "width": 512, "height": 768,
                   "seed": 42, "sample_steps": 28, "scale": 7.5, "sample_sampler": "euler_a"}])");
  const auto prompts = read_sample_prompts(folder / "prompts.json");
  ASSERT_EQ(prompts.size(), 2u);
  EXPECT_EQ(prompts[0].prompt, "a cat");
  EXPECT_EQ(prompts[0].settings, (std::map<std::string, std::string>{{"seed", "7"}}));
  EXPECT_EQ(prompts[1].prompt, "a dog");
  EXPECT_EQ(prompts[1].settings, kFullSettings);
}

TEST(SamplePrompts, TomlSubsetsCountOverWhatIsCommon) {
  const formats::TemporaryFolder folder;
  formats::put(folder / "prompts.toml",
               "[prompt]\nwidth = 512\nheight = 768\nscale = 7.5\nsample_steps = 28\nseed = 1\n"
               "[[prompt.subset]]\nprompt = \"a cat\"\nseed = 42\nnegative_prompt = \"blurry\"\nsample_sampler = "
               "\"euler_a\"\n[[prompt.subset]]\nprompt = \"a dog\"\nscale = 5\n");
  const auto prompts = read_sample_prompts(folder / "prompts.toml");
  ASSERT_EQ(prompts.size(), 2u);
  EXPECT_EQ(prompts[0].prompt, "a cat");
  EXPECT_EQ(prompts[0].settings, kFullSettings);
  EXPECT_EQ(prompts[1].settings.at("cfg_scale"), "5");
  EXPECT_EQ(prompts[1].settings.at("seed"), "1");
  EXPECT_FALSE(prompts[1].settings.contains("negative_prompt"));
}

void expect_refused(const char* name, const std::string& content, const std::string& words) {
  const formats::TemporaryFolder folder;
  formats::put(folder / name, content);
  const Error error = formats::error_of([&] { read_sample_prompts(folder / name); });
  EXPECT_EQ(error.kind(), ErrorKind::invalid_request) << content;
  EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
}

TEST(SamplePrompts, TablesAreRefusedWithTheReason) {
  expect_refused("a.json", "[\"a\", {\"prompt\": \"b\", \"cfg\": 3}]",
                 "prompt 2: \"cfg\" is not known; prompt, negative");
  expect_refused("a.json", "[{\"width\": 512}]", "prompt 1: it has no \"prompt\"");
  expect_refused("a.json", "[{\"prompt\": \"b\", \"width\": 512.5}]", "width must be a whole number, found 512.5");
  expect_refused("a.json", "[{\"prompt\": \"b\", \"scale\": \"7\"}]", "scale must be a number, found \"7\"");
  expect_refused("a.json", "[{\"prompt\": null}]", "prompt must be a text, found null");
  expect_refused("a.json", "[{\"prompt\": \"b\", \"controlnet_image\": \"c.png\"}]", "there is no ControlNet");
  expect_refused("a.json", "[3]", "prompt 1: it must be a text or an object");
  expect_refused("a.json", "[\"a --zz 1\"]", "--zz is not known");
  expect_refused("a.json", "{\"prompt\": \"b\"}", "must be a JSON list of prompts, found object");
  expect_refused("a.json", "[\"a\"", "found what is no JSON");
  expect_refused("a.json", "[\"\xff\"]", "found what is no JSON");
  expect_refused("a.json", "[]", "there is no prompt in it");
  expect_refused("a.toml", "[prompt]\nprompt = \"a\"\n", "a [[prompt.subset]] for each");
  expect_refused("a.toml", "prompt = [\"a\"]\n", "it must be a table [prompt]");
  expect_refused("a.toml", "[prompt]\nprompt = \"a\"\nsubset = [3]\n", "prompt 1: it must be a text or an object");
  expect_refused("a.toml", "[prompt]\nwidth = true\n[[prompt.subset]]\nprompt = \"a\"\n",
                 "width must be a whole number, found true");
  expect_refused("a.toml", "[prompt\n", "line ");
}

TEST(SamplePrompts, DeepNestingIsRefusedNotFollowed) {
  expect_refused("a.json", std::string(300000, '['), "found what is no JSON");
  expect_refused("a.toml", "[prompt]\na = " + std::string(100000, '['), "line ");
}

}  // namespace
}  // namespace darkroom::train
