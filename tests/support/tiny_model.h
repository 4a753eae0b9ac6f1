// The tiny random models of tests/golden/tiny, and what tests of whole runs do with them.
#pragma once

#include <string>
#include <vector>

#include "generate/run.h"

namespace darkroom::generate {

inline std::string tiny_model(const std::string& name) {
  return std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/" + name;
}

/// Two steps of a 32x32 picture, and whatever else is said.
inline GenerateRequest small_request(Settings said = {}) {
  const Settings small = {{"prompt", "a red apple"}, {"seed", "42"}, {"steps", "2"}, {"width", "32"}, {"height", "32"}};
  said.insert(small.begin(), small.end());
  return completed_request(said);
}

inline std::vector<Picture> pictures_of(const LoadedModel& model, const GenerateRequest& request,
                                        const RunOptions& options = {}) {
  std::vector<Picture> pictures;
  generate(
      model, request, [&](Picture&& picture) { pictures.push_back(std::move(picture)); }, options);
  return pictures;
}

}  // namespace darkroom::generate
