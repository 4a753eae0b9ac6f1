#include "server/web_files.h"

#include <cstdint>
#include <cstring>
#include <map>

// web/pack.mjs: for each file its path, its bytes, each with its length in front (32 bits, little endian).
extern "C" const char darkroom_web_pack[];
extern "C" const char darkroom_web_pack_end[];

namespace darkroom::server {
namespace {

using Files = std::map<std::string_view, std::string_view>;

std::string_view next_piece(std::string_view& rest) {
  uint32_t size = 0;
  if (rest.size() < sizeof(size)) return {};
  std::memcpy(&size, rest.data(), sizeof(size));
  const std::string_view piece = rest.substr(sizeof(size), size);
  rest.remove_prefix(std::min(rest.size(), sizeof(size) + size));
  return piece;
}

const Files& files() {
  static const Files kFiles = [] {
    Files all;
    std::string_view rest(darkroom_web_pack, size_t(darkroom_web_pack_end - darkroom_web_pack));
    while (!rest.empty()) {
      const std::string_view path = next_piece(rest);
      all[path] = next_piece(rest);
    }
    return all;
  }();
  return kFiles;
}

std::string_view type_of(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".js", "text/javascript"}, {".css", "text/css"},     {".html", "text/html; charset=utf-8"},
      {".svg", "image/svg+xml"},  {".woff2", "font/woff2"}, {".json", "application/json"},
      {".png", "image/png"},      {".ico", "image/x-icon"}, {".webmanifest", "application/manifest+json"}};
  for (const auto& [ending, type] : kTypes)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

/// JSON that may stand in a script element.
std::string inside_script(const std::string& json) {
  std::string text;
  for (const char c : json)
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  return text;
}

}  // namespace

std::optional<WebFile> web_file(std::string_view path) {
  const auto found = files().find(path);
  if (found == files().end() || path == "/index.html") return std::nullopt;
  return WebFile{found->second, type_of(path), path.starts_with("/assets/")};
}

bool is_page(std::string_view path) {
  constexpr std::string_view kPlaces[] = {"gallery", "models", "settings", "queue", "train", "lab"};
  if (path == "/") return true;
  if (!path.starts_with('/')) return false;
  const std::string_view place = path.substr(1, path.find('/', 1) - 1);
  for (const std::string_view one : kPlaces)
    if (place == one) return true;
  return false;
}

std::string page(const std::string& start_json) {
  constexpr std::string_view kMark = "<!--start-->";
  const auto found = files().find("/index.html");
  if (found == files().end())
    return "<!doctype html><title>Darkroom</title><p>This Darkroom was built without its page; the API is at "
           "<a href=\"/api/v1/start\">/api/v1</a> and /sdapi/v1.";
  std::string text(found->second);
  const size_t mark = text.find(kMark);
  if (mark != std::string::npos)
    text.replace(mark, kMark.size(),
                 "<script type=\"application/json\" id=\"start\">" + inside_script(start_json) + "</script>");
  return text;
}

}  // namespace darkroom::server
