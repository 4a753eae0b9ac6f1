// The states of a run on disk: the newest, the one before it, and more where they are wanted, each with a checksum.
// Whatever happens while one is written, another is whole.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/safetensors.h"

namespace darkroom::train {

struct SavedState {
  std::filesystem::path file;
  formats::TensorFile tensors;
  int64_t steps_done = 0;
  std::string options;
};

/// Writes folder/state.safetensors; what was there becomes state.previous.safetensors, and what that was goes, or stays
/// as state.step00000100.safetensors while it is of the last `keep_steps` steps. Throws Error{io}: then what was there
/// still is. Each tensor is made twice, for its checksum and for the file.
void save_state(const std::filesystem::path& folder,
                const std::vector<std::pair<std::string, formats::TensorToMake>>& tensors, int64_t steps_done,
                const std::string& options, int64_t keep_steps = 0);

/// The newest state in `folder` that is whole; of a damaged one a warning is logged and the one before it taken.
/// Nothing where there is none. Throws Error{corrupt_file} where all are damaged: a run must not begin anew by
/// accident.
std::optional<SavedState> find_saved_state(const std::filesystem::path& folder);

/// Where a run goes on that was told to `resume` from a state or a folder of states; empty = find_saved_state(). A
/// state in `folder` itself is taken as told: going back. One from elsewhere is taken while `folder` has none of a
/// later step, so that the same command can be given again. Throws Error: not_found, and corrupt_file where it is
/// damaged: what was asked for is not replaced by another.
std::optional<SavedState> state_to_continue(const std::filesystem::path& folder, const std::filesystem::path& resume);

}  // namespace darkroom::train
