#include "server/training/own_names.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::server {

namespace fs = std::filesystem;

bool is_plain_name(std::string_view name) {
  constexpr size_t kLongest = 200;
  const auto is_refused = [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 32 || c == 127;
  };
  return !name.empty() && name.size() <= kLongest && name.front() != '.' && formats::is_utf8(name) &&
         std::none_of(name.begin(), name.end(), is_refused);
}

fs::path own_path(const fs::path& root, std::initializer_list<std::string_view> parts, std::string_view what) {
  fs::path path = root;
  for (const std::string_view part : parts) {
    require(is_plain_name(part), ErrorKind::not_found, "there is no {} {}", what, formats::in_quotes(part));
    path /= part;
  }
  std::error_code problem;
  const fs::path real = fs::canonical(path, problem);
  require(!problem, ErrorKind::not_found, "there is no {} {}", what, formats::in_quotes(*(parts.end() - 1)));
  const fs::path real_root = fs::canonical(root, problem);
  const bool is_below =
      std::mismatch(real_root.begin(), real_root.end(), real.begin(), real.end()).first == real_root.end();
  require(!problem && is_below, ErrorKind::not_found, "{} {} lies outside of its folder", what,
          formats::in_quotes(*(parts.end() - 1)));
  return path;
}

}  // namespace darkroom::server
