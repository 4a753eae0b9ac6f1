// What runs do with styles: generate_test.cpp.
#include "cli/style_options.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::cli {
namespace {

TEST(StyleOptions, AreRepeatableAndLeaveThePromptAlone) {
  CLI::App app;
  auto options = std::make_shared<StyleOptions>();
  std::string prompt;
  add_style_options(app, options);
  app.add_option("prompt", prompt);
  const std::vector<const char*> arguments = {"x", "--style", "a", "a cat", "--style", "b", "--styles-file", "f.csv"};
  app.parse(int(arguments.size()), arguments.data());
  EXPECT_EQ(options->names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(options->files, (std::vector<std::string>{"f.csv"}));
  EXPECT_EQ(prompt, "a cat");
}

TEST(StyleOptions, NegativePromptStaysOpenWhereNothingIsSaid) {
  const formats::TemporaryFolder folder;
  formats::put(folder / "s.csv", "name,prompt\nink,ink\n");
  const StyleOptions options{{(folder / "s.csv").string()}, {"ink"}};
  const generate::Settings said = with_styles({{"prompt", "a cat"}}, options);
  EXPECT_EQ(said.at("prompt"), "a cat, ink");
  EXPECT_FALSE(said.contains("negative_prompt"));
  EXPECT_EQ(with_styles({{"prompt", " a "}}, {}).at("prompt"), " a ");
}

}  // namespace
}  // namespace darkroom::cli
