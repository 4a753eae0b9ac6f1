// The reference's runs as anybody can repeat them: through the request that `darkroom lab sample` makes.
#include "lab/sample_world.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace darkroom::lab {
namespace {

using Json = nlohmann::json;

const Json& golden(const char* name) {
  static const Json samplers = Json::parse(std::ifstream(DARKROOM_TESTS_DIR "/golden/samplers.json"));
  static const Json sigmas = Json::parse(std::ifstream(DARKROOM_TESTS_DIR "/golden/sigmas.json"));
  return std::string(name) == "samplers" ? samplers : sigmas;
}

/// A row's name may carry an option: "Euler churn" is Euler with s_churn.
std::string sampler_of(const std::string& name) {
  return name == "Euler churn" ? "Euler" : name;
}

TEST(SampleWorld, RowsOfTheGoldenTable) {
  const std::vector<std::string> missing = {"DPM fast", "DPM adaptive", "Restart", "DDIM", "PLMS", "UniPC"};
  int compared = 0;
  for (const Json& run : golden("samplers").at("runs")) {
    const std::string name = run.at("sampler");
    const auto begins = [&](const std::string& other) { return name.starts_with(other); };
    if (std::any_of(missing.begin(), missing.end(), begins)) continue;
    WorldRequest request;
    request.levels = {.sampler = sampler_of(name), .schedule = run.at("schedule"), .steps = run.at("steps")};
    request.seeds = {42, 43};
    request.s_churn = run.value("s_churn", 0.0);
    request.s_noise = run.value("s_noise", 1.0);
    request.lms_extrapolates_to_zero = true;
    const WorldResult found = sample_world(request);
    const auto expected = run.at("result").get<std::vector<float>>();
    EXPECT_EQ(found.calls, run.at("calls").get<int>()) << name;
    ASSERT_EQ(found.result.size(), expected.size()) << name;
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found.result[i], expected[i], 2e-5) << name << " " << i;
    ++compared;
  }
  EXPECT_EQ(compared, 13);
}

TEST(RunLevels, RowsOfTheGoldenTable) {
  for (const Json& row : golden("sigmas").at("schedules")) {
    const std::string name = row.at("name");
    const bool is_sdxl = name.ends_with("/sdxl");
    const std::vector<double> found =
        run_levels({.schedule = name.substr(0, name.find('/')), .steps = row.at("n"), .is_sdxl = is_sdxl});
    const auto expected = row.at("sigmas").get<std::vector<double>>();
    ASSERT_EQ(found.size(), expected.size()) << name;
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5 * expected[i]) << name;
  }
}

TEST(SampleWorld, RefusesWhatCannotBe) {
  const auto kind = [](const WorldRequest& request) {
    try {
      sample_world(request);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::internal;
  };
  WorldRequest request;
  request.levels.sampler = "Euler";
  for (const auto& shape : std::vector<std::vector<int64_t>>{{4, 4}, {4, 0, 4}, {1 << 20, 1 << 20, 1 << 20}}) {
    WorldRequest bad = request;
    bad.shape = shape;
    EXPECT_EQ(kind(bad), ErrorKind::invalid_request);
  }
  WorldRequest other = request;
  other.rng = "TPU";
  EXPECT_EQ(kind(other), ErrorKind::invalid_request);
  other = request;
  other.seeds.clear();
  EXPECT_EQ(kind(other), ErrorKind::invalid_request);
}

}  // namespace
}  // namespace darkroom::lab
