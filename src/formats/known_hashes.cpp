#include "formats/known_hashes.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/utf8.h"

namespace darkroom::formats {
namespace {

namespace fs = std::filesystem;

struct Known {
  std::string state, hash;
};
using KnownByPath = std::map<std::string, Known>;

/// Empty where the environment names no folder.
fs::path file_of_hashes() {
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  if (cache && *cache == '/') return fs::path(cache) / "darkroom" / "sha256.json";
  if (home && *home == '/') return fs::path(home) / ".cache" / "darkroom" / "sha256.json";
  return {};
}

KnownByPath read(const fs::path& file) {
  std::ifstream stream(file);
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  KnownByPath known;
  if (!json.is_object()) return known;
  for (const auto& [path, entry] : json.items()) {
    if (!entry.is_object()) continue;
    const auto state = entry.find("state"), hash = entry.find("sha256");
    if (state == entry.end() || hash == entry.end() || !state->is_string() || !hash->is_string()) continue;
    constexpr size_t kDigits = 64;
    if (hash->get_ref<const std::string&>().size() == kDigits) known[path] = {state->get<std::string>(), *hash};
  }
  return known;
}

void write(const fs::path& file, const KnownByPath& known) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [path, entry] : known) json[path] = {{"state", entry.state}, {"sha256", entry.hash}};
  fs::create_directories(file.parent_path());
  write_file(file, json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string key_of(const fs::path& model) {
  return fs::absolute(model).lexically_normal().string();
}

/// Of this process, for where no file can be written.
struct KeptHere {
  std::mutex mutex;
  KnownByPath known;
};

KeptHere& kept_here() {
  static KeptHere one;
  return one;
}

}  // namespace

std::string state_of_files(const std::vector<fs::path>& files) {
  std::string state;
  for (const fs::path& file : files) {
    struct stat now {};
    require(::stat(file.c_str(), &now) == 0, ErrorKind::io, "hash {}: cannot look at it: {}", in_quotes(file.string()),
            std::strerror(errno));
    state += fmt::format("{}:{}:{}:{}.{:09}:{}.{:09} ", file.filename().string(), now.st_size, now.st_ino,
                         now.st_mtim.tv_sec, now.st_mtim.tv_nsec, now.st_ctim.tv_sec, now.st_ctim.tv_nsec);
  }
  return state;
}

std::optional<std::string> known_hash(const fs::path& model, const std::string& state) {
  KeptHere& here = kept_here();
  const std::lock_guard lock(here.mutex);
  for (const KnownByPath& known : {read(file_of_hashes()), here.known}) {
    const auto found = known.find(key_of(model));
    if (found != known.end() && found->second.state == state) return found->second.hash;
  }
  return std::nullopt;
}

void keep_hash(const fs::path& model, const std::string& state, const std::string& hash) {
  KeptHere& here = kept_here();
  const std::lock_guard lock(here.mutex);
  here.known[key_of(model)] = {state, hash};
  const fs::path file = file_of_hashes();
  if (file.empty()) return;
  try {
    KnownByPath known = read(file);  // again: another program may have written meanwhile
    std::error_code ignored;
    std::erase_if(known, [&](const auto& entry) { return !fs::exists(entry.first, ignored); });
    known[key_of(model)] = {state, hash};
    write(file, known);
  } catch (const std::exception&) {  // a full disk, a folder that is read-only
  }
}

}  // namespace darkroom::formats
