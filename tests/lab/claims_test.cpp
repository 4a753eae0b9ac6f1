#include "lab/claims.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace darkroom::lab {
namespace {

const std::vector<int> kSteps = {5, 10, 20, 40, 80, 160};

/// A picture of the seed that is `away` from where the flow ends, in a direction of its own per variant.
std::vector<float> picture(int seed, double away, size_t direction) {
  std::vector<float> values(64);
  for (size_t i = 0; i < values.size(); ++i) values[i] = float(std::sin(double(i * (1 + seed)) + seed));
  values[direction % 64] += float(away * 5);
  return values;
}

/// Runs in which `far` says how far a variant is from the flow's end after so many steps.
template <typename Far>
ConvergenceRuns runs_with(const Far& far) {
  ConvergenceRuns runs;
  runs.steps = kSteps;
  runs.latent_width = 8;
  runs.flow_limit = {1, {picture(0, 0, 0), picture(1, 0, 0)}};
  runs.old_flow_limit = runs.path_limit = runs.flow_limit;
  ProfileRuns profile{.profile = "darkroom", .variants = {}, .contact_sheet = {}};
  for (size_t v = 0; v < noted_variants().size(); ++v) {
    VariantRuns row{.variant = noted_variants()[v], .at = {}};
    for (const int steps : kSteps) {
      const double away = far(row.variant.name, steps);
      // What never settles goes another way every time.
      const size_t direction = away > 0.9 ? v + size_t(steps) : v;
      row.at.push_back({steps, {picture(0, away, direction), picture(1, away, direction)}});
    }
    profile.variants.push_back(row);
  }
  runs.profiles = {profile};
  for (const double scale : {4.0, 16.0}) {
    CfgRuns at{.cfg_scale = scale, .variants = {}, .limit = runs.flow_limit};
    for (const Variant& variant : noted_variants()) {
      const double away = far(variant.name, 20) * (variant.name == "DPM++ 2M Karras" ? scale : 1);
      at.variants.push_back({variant, {{1, {picture(0, away, 3), picture(1, away, 3)}}}});
    }
    runs.at_cfg.push_back(at);
  }
  return runs;
}

const Claim& claim(const std::vector<Claim>& claims, const std::string& beginning) {
  const auto found =
      std::find_if(claims.begin(), claims.end(), [&](const Claim& c) { return c.said.starts_with(beginning); });
  EXPECT_NE(found, claims.end()) << beginning;
  return *found;
}

TEST(Claims, WhereEverythingFollowsTheFlow) {
  const auto claims = answered_claims(runs_with([](const std::string&, int steps) { return 1.0 / steps; }), 2);
  for (const char* said : {"Group A", "Group B", "Group C", "LMS Karras converges", "Euler converges"})
    EXPECT_EQ(claim(claims, said).verdict, "reproduced") << said;
  for (const char* said :
       {"Euler a does not converge", "DDIM does not converge", "DPM adaptive does not converge", "LMS Karras breaks"})
    EXPECT_EQ(claim(claims, said).verdict, "refuted") << said;
  EXPECT_EQ(claim(claims, "DPM++ 2M is slightly more prone").verdict, "reproduced");
  for (const Claim& each : claims) EXPECT_FALSE(each.numbers.empty()) << each.said;
}

TEST(Claims, WhereSomeNeverSettle) {
  const auto claims = answered_claims(runs_with([](const std::string& name, int steps) {
                                        return name == "Euler a" || name == "DPM adaptive" ? 2 : 1.0 / steps;
                                      }),
                                      2);
  EXPECT_EQ(claim(claims, "Euler a does not converge").verdict, "reproduced");
  EXPECT_EQ(claim(claims, "DPM adaptive does not converge").verdict, "reproduced");
  EXPECT_EQ(claim(claims, "Group A").verdict, "refuted");
  EXPECT_EQ(claim(claims, "Group B").verdict, "reproduced");
}

TEST(Claims, ThatHoldInOneProfileOnly) {
  ConvergenceRuns runs =
      runs_with([](const std::string& name, int steps) { return name == "Euler a" ? 2 : 1.0 / steps; });
  const ConvergenceRuns other = runs_with([](const std::string&, int steps) { return 1.0 / steps; });
  runs.profiles.push_back(other.profiles[0]);
  runs.profiles[0].profile = "a1111-2022-12";
  EXPECT_EQ(claim(answered_claims(runs, 2), "Euler a does not").verdict,
            "reproduced only under the profile a1111-2022-12");
}

}  // namespace
}  // namespace darkroom::lab
