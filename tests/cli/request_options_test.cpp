#include "cli/request_options.h"

#include <gtest/gtest.h>

namespace darkroom::cli {
namespace {

using generate::request_field;

TEST(RequestOptions, HelpSaysDefaultAndChoices) {
  EXPECT_EQ(help_of(request_field("steps")), "Sampling steps. [20]");
  EXPECT_EQ(help_of(request_field("steps"), "25"), "Sampling steps. [25]");
  EXPECT_NE(help_of(request_field("randn_source")).find("[CPU] (CPU, NV)"), std::string::npos);
}

TEST(RequestOptions, WhatIsSaidLastCounts) {
  CLI::App command;
  auto said = std::make_shared<generate::Settings>();
  for (const char* name : {"prompt", "steps", "discard_next_to_last_sigma"})
    add_request_option(command, request_field(name), said);
  command.parse("\"a red apple\" --steps 5 --discard-next-to-last-sigma True --steps 7");
  EXPECT_EQ(*said,
            (generate::Settings{{"prompt", "a red apple"}, {"steps", "7"}, {"discard_next_to_last_sigma", "True"}}));
}

}  // namespace
}  // namespace darkroom::cli
