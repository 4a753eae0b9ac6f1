// tests/golden/training_formulas.json: what sd-scripts' own functions computed.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

namespace darkroom::train {

inline const nlohmann::json& training_formulas() {
  static const auto formulas = [] {
    std::ifstream file(DARKROOM_TESTS_DIR "/golden/training_formulas.json");
    return nlohmann::json::parse(file);
  }();
  return formulas;
}

}  // namespace darkroom::train
