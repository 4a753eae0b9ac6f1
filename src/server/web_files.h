// The page and what belongs to it, from inside the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::server {

struct WebFile {
  std::string_view bytes, type;
  bool is_lasting = false;  ///< its name changes with its content
};

/// A file by the path of its address: "/assets/main-1a2b.js".
std::optional<WebFile> web_file(std::string_view path);

/// Whether the page itself is asked for: an address of one of its places.
bool is_page(std::string_view path);

/// The page with the first data in it. Where the program was built without one, a few lines that say so.
std::string page(const std::string& start_json);

}  // namespace darkroom::server
