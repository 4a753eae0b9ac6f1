#include "prompt/styles.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::prompt {
namespace {

using formats::expect_error;

std::vector<Style> styles_of(const std::vector<std::string>& files) {
  const formats::TemporaryFolder folder;
  std::vector<Style> styles;
  for (const std::string& file : files) {
    formats::put(folder / "styles.csv", file);
    add_styles(styles, folder / "styles.csv");
  }
  return styles;
}

TEST(Styles, OfA1111sFile) {
  const auto styles =
      styles_of({"\xEF\xBB\xBFname,prompt,negative_prompt\r\nNone,,\r\n#a comment,x,y\r\nink,\"{prompt}, ink, "
                 "\"\"black\"\"\",blurry\r\n"});
  ASSERT_EQ(styles.size(), 2u);
  EXPECT_EQ(styles[0].name, "None");
  EXPECT_EQ(styles[1].prompt, "{prompt}, ink, \"black\"");
  EXPECT_EQ(styles[1].negative_prompt, "blurry");
}

TEST(Styles, OldFilesAndShortRows) {
  const auto styles = styles_of({"name, text\nink, made of ink\nempty\n"});
  ASSERT_EQ(styles.size(), 2u);
  EXPECT_EQ(styles[0].prompt, "made of ink");
  EXPECT_EQ(styles[0].negative_prompt, "");
  EXPECT_EQ(styles[1].prompt, "");
}

TEST(Styles, RepeatedNamesKeepTheirPlaceAndTakeTheLaterTexts) {
  const auto styles = styles_of({"name,prompt\na,1\nb,2\n", "prompt,name,more\n3,a,x\n4,c,y\n"});
  ASSERT_EQ(styles.size(), 3u);
  EXPECT_EQ(styles[0].name + styles[0].prompt, "a3");
  EXPECT_EQ(styles[1].name + styles[1].prompt, "b2");
  EXPECT_EQ(styles[2].name + styles[2].prompt, "c4");
}

TEST(Styles, AroundOrBehindThePrompt) {
  EXPECT_EQ(with_style(" a cat ", "{prompt} in ink, {prompt}!"), " a cat  in ink,  a cat !");
  EXPECT_EQ(with_style(" a cat ", " ink "), "a cat, ink");
  EXPECT_EQ(with_style(" a cat ", ""), "a cat");
  EXPECT_EQ(with_style("  ", "ink"), "ink");
  EXPECT_EQ(with_style("", " "), "");
  EXPECT_EQ(with_style("{prompt}", "x {prompt}"), "x {prompt}");
}

TEST(Styles, DamagedFilesAreErrors) {
  expect_error(ErrorKind::corrupt_file, "name and prompt", [] { styles_of({""}); });
  expect_error(ErrorKind::corrupt_file, "name and prompt", [] { styles_of({"prompt,negative_prompt\na,b"}); });
  expect_error(ErrorKind::corrupt_file, "UTF-8", [] { styles_of({"name,prompt\na,\xff"}); });
  expect_error(ErrorKind::not_found, "nowhere.csv", [] {
    std::vector<Style> styles;
    add_styles(styles, "nowhere.csv");
  });
  expect_error(ErrorKind::invalid_request, "there is no style \"b\"; there are \"a\"", [] {
    style_named({{"a", "", ""}}, "b");
  });
  expect_error(ErrorKind::invalid_request, "give a --styles-file", [] { style_named({}, "b"); });
}

}  // namespace
}  // namespace darkroom::prompt
