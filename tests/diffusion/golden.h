// The reference's numbers, and the errors a call must throw.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"

namespace darkroom::diffusion {

/// tests/golden/<name>, parsed once.
inline const nlohmann::json& golden(const std::string& name) {
  static std::map<std::string, nlohmann::json> files;
  auto [file, is_new] = files.try_emplace(name);
  if (is_new) file->second = nlohmann::json::parse(std::ifstream(DARKROOM_TESTS_DIR "/golden/" + name));
  return file->second;
}

/// Numbers printed with 9 digits give back the float32 they were printed from.
inline std::vector<float> floats(const nlohmann::json& values) {
  return values.get<std::vector<float>>();
}

/// The message of the Error that `call` throws; fails the test if it throws none of that kind.
template <typename Call>
std::string error_of(ErrorKind kind, Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(int(error.kind()), int(kind)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

inline void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << '"' << part << "\" is not in: " << text;
}

}  // namespace darkroom::diffusion
