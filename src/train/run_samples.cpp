#include "train/run_samples.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;

/// (prompt, seed, at) -> file.
using Samples = std::map<std::tuple<std::string, std::string, std::string>, fs::path>;

/// "dog_e000003_00_7.png": the run's own name may have "_" too, so it is read from the end.
Samples samples_of(const fs::path& run) {
  Samples found;
  std::error_code no_folder;
  for (const auto& entry : fs::directory_iterator(run / "sample", no_folder)) {
    if (entry.path().extension() != ".png") continue;
    std::string rest = entry.path().stem().string();
    std::string parts[3];  // seed, prompt, at
    for (std::string& part : parts) {
      const size_t bar = rest.rfind('_');
      if (bar == rest.npos) break;
      part = rest.substr(bar + 1);
      rest.resize(bar);
    }
    if (!parts[2].empty()) found[{parts[1], parts[0], parts[2]}] = entry.path();
  }
  return found;
}

}  // namespace

std::vector<SamplePair> equal_samples(const fs::path& first, const fs::path& second) {
  const Samples ours = samples_of(first), theirs = samples_of(second);
  std::vector<SamplePair> pairs;
  // By prompt, seed and then time; digits sort before "e" and both before "last".
  for (const auto& [key, file] : ours) {
    const auto other = theirs.find(key);
    if (other == theirs.end()) continue;
    const auto& [prompt, seed, at] = key;
    if (!pairs.empty() && pairs.back().prompt == prompt && pairs.back().seed == seed) pairs.pop_back();
    pairs.push_back({at, prompt, seed, file, other->second});
  }
  return pairs;
}

}  // namespace darkroom::train
