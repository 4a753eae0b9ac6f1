// The state of a run on disk: the newest and the one before it, each with a checksum. Whatever happens while one is
// written, another is whole.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/tensor_file.h"

namespace darkroom::train {

struct SavedState {
  std::filesystem::path file;
  formats::TensorFile tensors;
  int64_t steps_done = 0;
  std::string options;
};

/// Writes folder/state.safetensors; what was there becomes state.previous.safetensors. Throws Error{io}: then what was
/// there still is.
void save_state(const std::filesystem::path& folder,
                const std::vector<std::pair<std::string, formats::StoredTensor>>& tensors, int64_t steps_done,
                const std::string& options);

/// The newest state in `folder` that is whole; of a damaged one a warning is logged and the one before it taken.
/// Nothing where there is none. Throws Error{corrupt_file} where all are damaged: a run must not begin anew by
/// accident.
std::optional<SavedState> find_saved_state(const std::filesystem::path& folder);

}  // namespace darkroom::train
