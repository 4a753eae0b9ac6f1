#include "prompt/comments.h"

#include <gtest/gtest.h>

namespace darkroom::prompt {
namespace {

// By Python's re.sub with the reference's two patterns.
TEST(Comments, AreTakenOutAsTheReferenceDoes) {
  EXPECT_EQ(without_comments("a cat # white\nb"), "a cat \nb");
  EXPECT_EQ(without_comments("# first\na cat"), "\na cat");
  EXPECT_EQ(without_comments("a\n# one\n# two\nb"), "a\n\nb");
  EXPECT_EQ(without_comments("a\n# last"), "a\n");
  EXPECT_EQ(without_comments("a #fff b"), "a \n");
  EXPECT_EQ(without_comments("no comment"), "no comment");
  EXPECT_EQ(without_comments(""), "");
  EXPECT_EQ(without_comments("#"), "\n");
  EXPECT_EQ(without_comments("a#\n#b"), "a\n");
}

}  // namespace
}  // namespace darkroom::prompt
