// The golden values that the tests of prompt/ share.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

inline nlohmann::json golden(const std::string& file) {
  return nlohmann::json::parse(std::ifstream(std::string(DARKROOM_TESTS_DIR) + "/golden/" + file));
}
