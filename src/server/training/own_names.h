// Names that requests give for files and folders of a configured folder: no path of a request reaches the file system.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace darkroom::server {

/// Whether it can name one file or folder: 1 to 200 bytes of UTF-8 without slashes and control characters, not
/// beginning with a dot.
bool is_plain_name(std::string_view name);

/// root/part/part..., which is there and lies below root, also where it is a link. Throws Error{not_found} naming
/// `what` ("dataset").
std::filesystem::path own_path(const std::filesystem::path& root, std::initializer_list<std::string_view> parts,
                               std::string_view what);

}  // namespace darkroom::server
