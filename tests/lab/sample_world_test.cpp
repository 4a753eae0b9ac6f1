// The reference's runs as anybody can repeat them: through the request that `darkroom lab sample` makes.
#include "lab/sample_world.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "generate/request_fields.h"

namespace darkroom::lab {
namespace {

using Json = nlohmann::json;

const Json& golden(const char* name) {
  static const Json samplers = Json::parse(std::ifstream(DARKROOM_TESTS_DIR "/golden/samplers.json"));
  static const Json sigmas = Json::parse(std::ifstream(DARKROOM_TESTS_DIR "/golden/sigmas.json"));
  return std::string(name) == "samplers" ? samplers : sigmas;
}

/// A row's name may carry an option: "Euler churn", "DPM fast eta 0".
std::string sampler_of(const std::string& name) {
  if (name == "Euler churn") return "Euler";
  return name.substr(0, name.find(" eta "));
}

double eta_of(const std::string& name) {
  const size_t at = name.find(" eta ");
  return at == std::string::npos ? -1 : std::stod(name.substr(at + 5));
}

/// DPM adaptive chooses its steps by errors that are rounding at first.
double tolerance_of(const std::string& name) {
  return name.starts_with("DPM adaptive") ? 2e-4 : 2e-5;
}

generate::GenerateRequest asked(generate::Settings said) {
  said.emplace("sampler_name", "Euler");
  return generate::completed_request(said);
}

TEST(SampleWorld, RowsOfTheGoldenTable) {
  int compared = 0;
  for (const Json& run : golden("samplers").at("runs")) {
    const std::string name = run.at("sampler");
    WorldRequest request;
    request.seeds = {42, 43};
    generate::Settings said = {{"profile", "a1111-1.10"}, {"sampler_name", sampler_of(name)}};
    said["steps"] = std::to_string(run.at("steps").get<int>());
    if (run.contains("schedule") && run["schedule"].is_string()) said["scheduler"] = run["schedule"];
    request.sampling = generate::completed_request(said);
    request.sampling.eta = eta_of(name);
    request.sampling.s_churn = run.value("s_churn", 0.0);
    request.sampling.s_noise = run.value("s_noise", 1.0);
    const WorldResult found = sample_world(request);
    const auto expected = run.at("result").get<std::vector<float>>();
    EXPECT_EQ(found.calls, run.at("calls").get<int>()) << name;
    ASSERT_EQ(found.result.size(), expected.size()) << name;
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(found.result[i], expected[i], tolerance_of(name)) << name << " " << i;
    ++compared;
  }
  EXPECT_EQ(compared, 22);
}

TEST(RunLevels, RowsOfTheGoldenTable) {
  for (const Json& row : golden("sigmas").at("schedules")) {
    const std::string name = row.at("name");
    const bool is_sdxl = name.ends_with("/sdxl");
    const std::vector<double> found = run_levels(
        asked({{"scheduler", name.substr(0, name.find('/'))}, {"steps", std::to_string(row.at("n").get<int>())}}),
        is_sdxl);
    const auto expected = row.at("sigmas").get<std::vector<double>>();
    ASSERT_EQ(found.size(), expected.size()) << name;
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5 * expected[i]) << name;
  }
}

TEST(ErrorGain, KnowsWhatLmsDoesOnItsLastStep) {
  const generate::Settings lms = {{"sampler_name", "LMS"}, {"scheduler", "karras"}, {"steps", "20"}};
  EXPECT_NEAR(error_gain(asked(lms)).at_lowest, 0.6825, 0.003);
  EXPECT_NEAR(error_gain(asked(lms)).at_end, 1, 1e-9);
  generate::Settings reference = lms;
  reference["profile"] = "kdiffusion";
  EXPECT_NEAR(error_gain(asked(reference)).at_end, 4.270, 0.02);
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
  request.sampling = asked({});
  for (const auto& shape : std::vector<std::vector<int64_t>>{{4, 4}, {4, 0, 4}, {1 << 20, 1 << 20, 1 << 20}}) {
    WorldRequest bad = request;
    bad.shape = shape;
    EXPECT_EQ(kind(bad), ErrorKind::invalid_request);
  }
  WorldRequest other = request;
  other.sampling.rng = "TPU";
  EXPECT_EQ(kind(other), ErrorKind::invalid_request);
  other = request;
  other.seeds.clear();
  EXPECT_EQ(kind(other), ErrorKind::invalid_request);
}

}  // namespace
}  // namespace darkroom::lab
