// Sample pictures that two runs made of the same prompt with the same seed: what their options did, to look at.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace darkroom::train {

struct SamplePair {
  std::string at;      ///< when: "last", "e000003" (epoch), "000100" (step)
  std::string prompt;  ///< its number in the file of prompts: "00"
  std::string seed;
  std::filesystem::path first, second;
};

/// Of each prompt and seed the latest that both runs have; by prompt. `first`, `second`: the runs' folders. Empty where
/// one has no sample pictures.
std::vector<SamplePair> equal_samples(const std::filesystem::path& first, const std::filesystem::path& second);

}  // namespace darkroom::train
