#include "train/saved_state.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/log.h"
#include "formats/sha256.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNewest = "state.safetensors";
constexpr const char* kPrevious = "state.previous.safetensors";
constexpr const char* kBeingWritten = "state.new.safetensors";

using Tensors = std::map<std::string, formats::StoredTensor>;

const formats::StoredTensor& made(const formats::StoredTensor& tensor) {
  return tensor;
}
formats::StoredTensor made(const formats::TensorToMake& tensor) {
  return tensor.make();
}

/// Of everything a state says: also its options, by which it is known whose it is, and what its bytes are. Tensors in
/// the order of their names, in which they will be read.
template <typename AnyTensors>
std::string checksum(const AnyTensors& tensors, const std::string& steps_done, const std::string& options) {
  formats::Sha256 sha;
  sha.add(fmt::format("{}\n{}\n{}", steps_done, options.size(), options));
  for (const auto& [name, any] : tensors) {
    const formats::StoredTensor tensor = made(any);
    sha.add(fmt::format("{}|{}|{}\n", name, formats::dtype_name(tensor.dtype), fmt::join(tensor.shape, "x")));
    sha.add(tensor.data, tensor.bytes);
  }
  return sha.hex();
}

/// Of states saved by earlier programs: of their values alone.
std::string older_checksum(const Tensors& tensors, const std::string& steps_done) {
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
  state.options = said("options");
  const Tensors& tensors = state.tensors.tensors;
  const bool fits = said("checksum").empty() ? said("sha256") == older_checksum(tensors, steps)
                                             : said("checksum") == checksum(tensors, steps, state.options);
  require(fits, ErrorKind::corrupt_file, "read training state \"{}\": its checksum does not fit", file.string());
  return state;
}

constexpr std::string_view kKeptStart = "state.step", kKeptEnd = ".safetensors";

/// "state.step00000100.safetensors": states that are kept besides the two newest; steps done -> file.
std::map<int64_t, fs::path> kept_states(const fs::path& folder) {
  std::map<int64_t, fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kKeptStart) || !name.ends_with(kKeptEnd)) continue;
    const char* last = name.data() + name.size() - kKeptEnd.size();
    int64_t steps = 0;
    const auto [end, problem] = std::from_chars(name.data() + kKeptStart.size(), last, steps);
    if (problem == std::errc() && end == last) found.emplace(steps, entry.path());
  }
  return found;
}

/// What a state file says of its steps, without reading the values; nothing where it is damaged.
std::optional<int64_t> steps_said(const fs::path& file) {
  try {
    const auto metadata = formats::read_safetensors(file).metadata;
    const std::string& steps = metadata.at("steps_done");
    int64_t number = 0;
    const auto [end, problem] = std::from_chars(steps.data(), steps.data() + steps.size(), number);
    if (problem == std::errc() && end == steps.data() + steps.size()) return number;
  } catch (const std::exception&) {  // then it is no state that could be kept
  }
  return std::nullopt;
}

void rename_state(const fs::path& folder, const std::string& from, const std::string& to) {
  std::error_code problem;
  fs::rename(folder / from, folder / to, problem);
  require(!problem, ErrorKind::io, "save training state in \"{}\": cannot rename {} to {}: {}", folder.string(), from,
          to, problem.message());
}

/// The state before the newest makes room: it stays under another name where it is of the last `keep_steps` steps.
void set_previous_aside(const fs::path& folder, int64_t steps_done, int64_t keep_steps) {
  const int64_t oldest = keep_steps > 0 ? steps_done - keep_steps : steps_done;
  const auto steps = fs::exists(folder / kPrevious) ? steps_said(folder / kPrevious) : std::nullopt;
  if (steps && *steps >= oldest && *steps < steps_done)
    rename_state(folder, kPrevious, fmt::format("{}{:08d}{}", kKeptStart, *steps, kKeptEnd));
  std::error_code ignored;
  for (const auto& [kept, file] : kept_states(folder))
    if (kept < oldest || kept >= steps_done) fs::remove(file, ignored);
}

}  // namespace

void save_state(const fs::path& folder, const std::vector<std::pair<std::string, formats::TensorToMake>>& tensors,
                int64_t steps_done, const std::string& options, int64_t keep_steps) {
  const std::string steps = std::to_string(steps_done);
  const std::map<std::string, formats::TensorToMake> sorted(tensors.begin(), tensors.end());
  formats::stream_safetensors(
      folder / kBeingWritten, tensors,
      {{"steps_done", steps}, {"options", options}, {"checksum", checksum(sorted, steps, options)}});
  if (fs::exists(folder / kNewest)) {
    set_previous_aside(folder, steps_done, keep_steps);
    rename_state(folder, kNewest, kPrevious);
  }
  rename_state(folder, kBeingWritten, kNewest);
}

std::optional<SavedState> find_saved_state(const fs::path& folder) {
  std::vector<fs::path> files = {folder / kNewest, folder / kPrevious};
  const auto kept = kept_states(folder);
  for (auto newest = kept.rbegin(); newest != kept.rend(); ++newest) files.push_back(newest->second);
  std::string problems;
  for (const fs::path& file : files) {
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

std::optional<SavedState> state_to_continue(const fs::path& folder, const fs::path& resume) {
  if (resume.empty()) return find_saved_state(folder);
  require(fs::exists(resume), ErrorKind::not_found, "resume from \"{}\": there is no such state or folder",
          resume.string());
  const bool is_folder = fs::is_directory(resume);
  std::optional<SavedState> told = is_folder ? find_saved_state(resume) : read_state(resume);
  require(told.has_value(), ErrorKind::not_found,
          "resume from \"{}\": the folder has no state.safetensors; states of other trainers cannot be continued",
          resume.string());
  std::error_code none;
  if (fs::equivalent(is_folder ? resume : fs::absolute(resume).parent_path(), folder, none)) return told;
  std::optional<SavedState> own = find_saved_state(folder);
  if (!own || own->steps_done <= told->steps_done) return told;
  log_info("\"{}\" is further than \"{}\", with {} steps done after {}, so the run goes on there", own->file.string(),
           told->file.string(), own->steps_done, told->steps_done);
  return own;
}

}  // namespace darkroom::train
