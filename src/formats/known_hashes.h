// What files' SHA-256 were when they were last hashed: seconds of a core for a large checkpoint. They are kept in the
// user's cache folder for all programs: $XDG_CACHE_HOME/darkroom/sha256.json, or ~/.cache/darkroom/sha256.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::formats {

/// How files are now, as one text: their sizes, numbers (inodes), and times of content and of everything else. Another
/// one after each change. Throws Error{io} naming what cannot be looked at.
std::string state_of_files(const std::vector<std::filesystem::path>& files);

/// The hash that was kept for `model` in this state, or nothing. A damaged file of hashes is an empty one.
std::optional<std::string> known_hash(const std::filesystem::path& model, const std::string& state);

/// Keeps it, and forgets models that are gone. Where nothing can be written it is kept for this process.
void keep_hash(const std::filesystem::path& model, const std::string& state, const std::string& hash);

}  // namespace darkroom::formats
