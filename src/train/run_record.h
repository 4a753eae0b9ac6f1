// What a run says of itself so that it can be continued, and only as itself.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace darkroom::train {

/// Lines "name = value" that differ between two records, as "name: before -> now"; order does not count. Names for
/// which `may_differ` is true are left out.
std::vector<std::string> differences(const std::string& before, const std::string& now,
                                     bool (*may_differ)(const std::string& name));

/// Throws Error{invalid_request} when the state in `file` belongs to a run with other options, listing them.
/// `saved`: the options in the state.
void require_same_run(const std::filesystem::path& file, const std::string& saved, const std::string& now,
                      bool (*may_differ)(const std::string& name));

}  // namespace darkroom::train
