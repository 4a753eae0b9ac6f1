#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/run_program.h"

namespace darkroom::cli {
namespace {

nlohmann::json printed(const std::vector<std::string>& arguments) {
  const formats::TemporaryFolder folder;
  const ProgramResult result = run_program(arguments, folder.path());
  EXPECT_EQ(result.code, 0) << result.err;
  return nlohmann::json::parse(result.out);
}

TEST(Lab, SigmasOfASchedule) {
  const auto found = printed({"lab", "sigmas", "--schedule", "karras", "--steps", "10", "--json"}).at("sigmas");
  ASSERT_EQ(found.size(), 11u);
  EXPECT_FLOAT_EQ(found[0].get<float>(), 14.6146431f);
  EXPECT_FLOAT_EQ(found[9].get<float>(), 0.0291675385f);
  EXPECT_EQ(found[10], 0);
}

TEST(Lab, ASamplerOnAWorld) {
  const auto found = printed({"lab", "sample", "--world", "point", "--shape", "1,2,3", "--seeds", "1,2", "--sampler",
                              "Heun", "--schedule", "karras", "--steps", "5", "--json"});
  EXPECT_EQ(found.at("calls"), 9);
  ASSERT_EQ(found.at("result").size(), 12u);
  for (const auto& value : found.at("result")) EXPECT_NEAR(value.get<double>(), 0.5, 1e-5);
}

TEST(Lab, GainOfASampler) {
  const auto found = printed({"lab", "gain", "--sampler", "Euler", "--schedule", "karras", "--steps", "20", "--json"});
  EXPECT_NEAR(found.at("at_lowest").get<double>(), 0.4895, 0.0025);
  EXPECT_NEAR(found.at("at_end").get<double>(), 1, 1e-9);
}

// The shell repeats the reference's table without a word about profiles.
TEST(Lab, FollowsTheReferenceUnlessToldOtherwise) {
  const std::vector<std::string> lms = {"lab",     "sample", "--sampler", "LMS",   "--schedule", "uniform",
                                        "--steps", "10",     "--seeds",   "42,43", "--json"};
  std::vector<std::string> ours = lms;
  ours.insert(ours.end(), {"--profile", "darkroom"});
  EXPECT_NE(printed(lms).at("result"), printed(ours).at("result"));
}

TEST(Lab, MeasurementsAsJsonAndAsFiles) {
  EXPECT_GT(printed({"lab", "order", "--json"}).at("rows").size(), 15u);
  EXPECT_EQ(printed({"lab", "moments", "--json"}).at("steps").size(), 5u);
  EXPECT_NEAR(printed({"lab", "gain", "--steps", "20", "--json"}).at("gains").at("LMS").at("Uniform").get<double>(),
              8.141, 0.05);
  const formats::TemporaryFolder folder;
  EXPECT_EQ(run_program({"lab", "gain", "--steps", "15", "-o", "out"}, folder.path()).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "out" / "gain_15.svg"));
}

TEST(Lab, RefusesWhatItDoesNotKnow) {
  const formats::TemporaryFolder folder;
  EXPECT_EQ(run_program({"lab"}, folder.path()).code, 2);
  EXPECT_EQ(run_program({"lab", "sigmas", "--schedule", "karas"}, folder.path()).code, 2);
  EXPECT_EQ(run_program({"lab", "sample", "--sampler", "Eular"}, folder.path()).code, 2);
  EXPECT_EQ(run_program({"lab", "sample", "--sampler", "Euler", "--profile", "a1111"}, folder.path()).code, 2);
  EXPECT_EQ(
      run_program({"lab", "convergence", "--prompt", "a", "-o", "x", "--steps", "5,10,30,60"}, folder.path()).code, 2);
}

}  // namespace
}  // namespace darkroom::cli
