#include <gtest/gtest.h>

#include "support/run_program.h"

namespace darkroom {
namespace {

// Shell that sends a signal to what it becomes.
const std::string kStopsSoon = "(sleep 2; kill -TERM $$) &";

TEST(Serve, SaysWhereItIsAndStopsWhenAsked) {
  const formats::TemporaryFolder folder;
  const ProgramResult result = run_program({"serve", "--port", "0", "--output", "out"}, folder.path(), kStopsSoon);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find("Darkroom is at http://127.0.0.1:"), std::string::npos) << result.out;
  EXPECT_TRUE(std::filesystem::exists(folder / "out/darkroom.sqlite"));
}

TEST(Serve, RefusesToServeOthersWithoutAPassword) {
  const formats::TemporaryFolder folder;
  const ProgramResult result = run_program({"serve", "--address", "0.0.0.0", "--port", "0"}, folder.path());
  EXPECT_EQ(result.code, 2);
  EXPECT_NE(result.err.find("--api-auth"), std::string::npos) << result.err;
  EXPECT_EQ(folder.files(), 0u) << "nothing is left behind";
}

TEST(Serve, RefusesPortsThatAreNone) {
  const formats::TemporaryFolder folder;
  EXPECT_EQ(run_program({"serve", "--port", "99999"}, folder.path()).code, 2);
}

}  // namespace
}  // namespace darkroom
