// What a file is, for people: checkpoint, LoRA, picture or other weights.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::generate {

struct FileFacts {
  std::string kind;                                        ///< "checkpoint", "LoRA", "picture", "other weights"
  std::vector<std::pair<std::string, std::string>> facts;  ///< name and value, in the order to show them
  std::map<std::string, std::string> texts;                ///< metadata of weights, text chunks of a picture
};

/// Reads headers only, not the weights. A folder is taken as a diffusers model. Throws Error: not_found, corrupt_file,
/// unsupported for what is none of these.
FileFacts file_facts(const std::filesystem::path& path);

}  // namespace darkroom::generate
