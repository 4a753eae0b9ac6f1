// Expected values: Python 3.11, [row for row in csv.reader(io.StringIO(text, newline=""), skipinitialspace=True) if
// row].
#include "formats/csv.h"

#include <gtest/gtest.h>

namespace darkroom::formats {
namespace {

using Rows = std::vector<CsvRow>;

TEST(Csv, PlainFields) {
  EXPECT_EQ(csv_rows("a,b\n1,2\n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(csv_rows("a,b\r\n1,2"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(csv_rows("a\rb"), (Rows{{"a"}, {"b"}}));
  EXPECT_EQ(csv_rows(",\n"), (Rows{{"", ""}}));
  EXPECT_EQ(csv_rows("a,"), (Rows{{"a", ""}}));
  EXPECT_EQ(csv_rows(""), Rows{});
  EXPECT_EQ(csv_rows("\n\r\n\na\n\n"), (Rows{{"a"}}));
}

TEST(Csv, BlanksAfterACommaDoNotCount) {
  EXPECT_EQ(csv_rows("a,  b , c"), (Rows{{"a", "b ", "c"}}));
  EXPECT_EQ(csv_rows("a, \"b, c\""), (Rows{{"a", "b, c"}}));
  EXPECT_EQ(csv_rows("a,\t\"b\""), (Rows{{"a", "\t\"b\""}}));
}

TEST(Csv, Quotes) {
  EXPECT_EQ(csv_rows("\"a\nb\",\"c\"\"d\""), (Rows{{"a\nb", "c\"d"}}));
  EXPECT_EQ(csv_rows("\"a\"b,c"), (Rows{{"ab", "c"}}));
  EXPECT_EQ(csv_rows("\"a\" ,c"), (Rows{{"a ", "c"}}));
  EXPECT_EQ(csv_rows("a\"b\"c,\"\""), (Rows{{"a\"b\"c", ""}}));
  EXPECT_EQ(csv_rows("\"never closed,\nx"), (Rows{{"never closed,\nx"}}));
  EXPECT_EQ(csv_rows("\""), (Rows{{""}}));
  EXPECT_EQ(csv_rows("\"\"\"\""), (Rows{{"\""}}));
}

}  // namespace
}  // namespace darkroom::formats
