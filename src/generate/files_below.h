// The files of a folder that a request's names are looked up in.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace darkroom::generate {

/// Regular files with one of the endings (".safetensors") in `folder` and all folders below it, links followed, by
/// path; what cannot be read is left out. None for a folder that is not there.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder,
                                               std::initializer_list<std::string_view> endings);

}  // namespace darkroom::generate
