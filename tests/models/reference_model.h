// The models whose values the references computed, one network at a time: the tiny random ones and the embedded one.
#pragma once

#include <gtest/gtest.h>

#include "checkpoint/load.h"
#include "support/parity.h"

namespace darkroom::models {

/// fp32 through another order of additions; "within 1e-4 relative" is what was promised, this is what is seen.
constexpr double kSameNetwork = 2e-5;

inline checkpoint::Checkpoint reference_model(const std::string& family) {
  if (family == "emoji") return checkpoint::load_checkpoint(std::string(DARKROOM_SOURCE_DIR) + "/models/emoji");
  return checkpoint::load_checkpoint(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/" + family);
}

class ReferenceFamilies : public testing::TestWithParam<std::string> {};

inline auto reference_families() {
  return testing::Values("sd15", "sd21", "sdxl", "emoji");
}

}  // namespace darkroom::models
