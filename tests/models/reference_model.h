// The tiny random model of a family, as its file holds it, for comparing one network at a time with the references.
#pragma once

#include <gtest/gtest.h>

#include "checkpoint/load.h"
#include "support/parity.h"

namespace darkroom::models {

/// fp32 through another order of additions; "within 1e-4 relative" is what was promised, this is what is seen.
constexpr double kSameNetwork = 2e-5;

inline checkpoint::Checkpoint reference_model(const std::string& family) {
  return checkpoint::load_checkpoint(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/" + family);
}

class ReferenceFamilies : public testing::TestWithParam<std::string> {};

}  // namespace darkroom::models
