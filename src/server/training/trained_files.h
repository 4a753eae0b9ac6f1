// LoRA files that came from runs of this workspace.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "server/library.h"
#include "server/training/runs.h"

namespace darkroom::server {

class TrainedFiles {
 public:
  /// Looks at names only.
  explicit TrainedFiles(const Runs& runs);

  /// The run that left this file: one of the same name, length and hash of weights. "" where none did.
  std::string run_of(const LoraFile& lora) const;

 private:
  struct Left {
    std::string run;
    std::filesystem::path path;
  };
  std::multimap<std::string, Left> by_name_;
};

}  // namespace darkroom::server
