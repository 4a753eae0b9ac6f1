#include "lab/document.h"

#include <gtest/gtest.h>

namespace darkroom::lab {
namespace {

TEST(Document, IsTheSameInBothLanguages) {
  const Document document{"Report", {{"One", "a < b", {{"x", "y"}, {{"1", "2 & 3"}}}, "plot.svg"}, {"", "no title"}}};
  EXPECT_EQ(markdown(document),
            "# Report\n\n## One\n\na < b\n\n| x | y |\n|---|---|\n| 1 | 2 & 3 |\n\n![One](plot.svg)\n\nno title\n");
  const std::string page = html(document);
  for (const char* part : {"<h1>Report</h1>", "<h2>One</h2>", "a &lt; b", "<th>x</th>", "<td>2 &amp; 3</td>",
                           "<img src=\"plot.svg\" alt=\"One\">", "<p>no title</p>", "color-scheme:light dark"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace darkroom::lab
