#include "train/saved_state.h"

#include <charconv>

#include "base/error.h"
#include "base/log.h"
#include "formats/safetensors.h"
#include "formats/sha256.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNewest = "state.safetensors";
constexpr const char* kPrevious = "state.previous.safetensors";
constexpr const char* kBeingWritten = "state.new.safetensors";

template <typename Tensors>
std::string checksum(const Tensors& tensors, const std::string& steps_done) {
  formats::Sha256 sha;
  sha.add(steps_done);
  for (const auto& [name, tensor] : tensors) {
    sha.add(name);
    sha.add(tensor.data, tensor.bytes);
  }
  return sha.hex();
}

/// Throws Error where the file is not what save_state() wrote.
SavedState read_state(const fs::path& file) {
  SavedState state{.file = file, .tensors = formats::read_safetensors(file)};
  const auto said = [&](const char* name) {
    const auto found = state.tensors.metadata.find(name);
    return found == state.tensors.metadata.end() ? std::string() : found->second;
  };
  const std::string steps = said("steps_done");
  const auto [end, problem] = std::from_chars(steps.data(), steps.data() + steps.size(), state.steps_done);
  require(problem == std::errc() && end == steps.data() + steps.size() && !steps.empty() && state.steps_done >= 0,
          ErrorKind::corrupt_file, "read training state \"{}\": it does not say how many steps are done",
          file.string());
  require(said("sha256") == checksum(state.tensors.tensors, steps), ErrorKind::corrupt_file,
          "read training state \"{}\": its checksum does not fit", file.string());
  state.options = said("options");
  return state;
}

}  // namespace

void save_state(const fs::path& folder, const std::vector<std::pair<std::string, formats::StoredTensor>>& tensors,
                int64_t steps_done, const std::string& options) {
  const std::string steps = std::to_string(steps_done);
  // In the order in which they will be read.
  const std::map<std::string, formats::StoredTensor> sorted(tensors.begin(), tensors.end());
  formats::write_safetensors(folder / kBeingWritten, tensors,
                             {{"steps_done", steps}, {"options", options}, {"sha256", checksum(sorted, steps)}});
  const auto move = [&](const char* from, const char* to) {
    std::error_code problem;
    fs::rename(folder / from, folder / to, problem);
    require(!problem, ErrorKind::io, "save training state in \"{}\": cannot rename {} to {}: {}", folder.string(), from,
            to, problem.message());
  };
  if (fs::exists(folder / kNewest)) move(kNewest, kPrevious);
  move(kBeingWritten, kNewest);
}

std::optional<SavedState> find_saved_state(const fs::path& folder) {
  std::string problems;
  for (const char* name : {kNewest, kPrevious}) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) continue;
    try {
      return read_state(file);
    } catch (const Error& error) {
      log_warning("{}; the state before it is tried", error.what());
      if (!problems.empty()) problems += "; ";
      problems += error.what();
    }
  }
  require(problems.empty(), ErrorKind::corrupt_file,
          "resume from \"{}\": no state is whole ({}); remove the files to begin anew", folder.string(), problems);
  return std::nullopt;
}

}  // namespace darkroom::train
