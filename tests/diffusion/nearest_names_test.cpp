#include "diffusion/nearest_names.h"

#include <gtest/gtest.h>

namespace darkroom::diffusion {
namespace {

TEST(NearestNames, SameNameIgnoresCaseOnly) {
  EXPECT_TRUE(same_name("Euler A", "euler a"));
  EXPECT_FALSE(same_name("Euler a", "Euler"));
  EXPECT_FALSE(same_name("Euler a", "Euler_a"));
}

TEST(NearestNames, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("abc", ""), 3);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("saturday", "SUNDAY"), 3);
}

TEST(NearestNames, NearestFirstThenOrderOfTheTable) {
  const std::vector<std::string> names = {"uniform", "karras", "beta", "zeta"};
  EXPECT_EQ(nearest_names("karas", names, 1), std::vector<std::string>{"karras"});
  EXPECT_EQ(nearest_names("eta", names, 2), (std::vector<std::string>{"beta", "zeta"}));
  EXPECT_EQ(nearest_names("eta", names, 9).size(), 4);
}

TEST(NearestNames, Text) {
  EXPECT_EQ(nearest_names_text("b", {"b"}), "\"b\"");
  EXPECT_EQ(nearest_names_text("b", {"b", "bc", "bcd"}), "\"b\", \"bc\" or \"bcd\"");
}

TEST(NearestNames, APastedPageIsCutBeforeItIsCompared) {
  const std::string page(10'000'000, 'k');
  EXPECT_EQ(nearest_names(page, {"uniform", std::string(200, 'k')}, 1)[0], std::string(200, 'k'));
}

}  // namespace
}  // namespace darkroom::diffusion
