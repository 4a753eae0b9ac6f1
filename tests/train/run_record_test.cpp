#include "train/run_record.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::train {
namespace {

bool none(const std::string&) {
  return false;
}

TEST(RunRecord, DifferencesAreListedByName) {
  const std::string before = "a = 1\nb = 2\nold = 5\n", now = "b = 3\na = 1\nnew = 7\n";
  EXPECT_EQ(differences(before, now, none),
            (std::vector<std::string>{"b: 2 -> 3", "new: not said -> 7", "old: 5 -> not said"}));
  EXPECT_EQ(differences(before, now, [](const std::string& name) { return name != "b"; }),
            (std::vector<std::string>{"b: 2 -> 3"}));
  EXPECT_NO_THROW(require_same_run("state", before, before, none));
  EXPECT_EQ(formats::error_of([&] { require_same_run("state", before, now, none); }).kind(),
            ErrorKind::invalid_request);
}

}  // namespace
}  // namespace darkroom::train
