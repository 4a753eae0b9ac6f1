#include "server/model_folders.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <system_error>

#include "base/error.h"
#include "formats/utf8.h"
#include "generate/files_below.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

struct Kind {
  const char* name;
  const char* folder;  ///< in A1111's layout
  fs::path LibraryFolders::*own;
};

const Kind kKinds[] = {{"checkpoints", "Stable-diffusion", &LibraryFolders::checkpoints},
                       {"lora", "Lora", &LibraryFolders::lora},
                       {"vae", "VAE", &LibraryFolders::vae},
                       {"embeddings", "embeddings", &LibraryFolders::embeddings},
                       {"small_vae", "VAE-approx", &LibraryFolders::small_vae}};

int files_in(const fs::path& folder) {
  return int(generate::files_below(folder, {".safetensors", ".ckpt", ".pt", ".pth", ".bin"}).size());
}

const Kind& kind_named(const std::string& name) {
  const auto found =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& kind) { return name == kind.name; });
  require(found != std::end(kKinds), ErrorKind::invalid_request,
          "kind: checkpoints, lora, vae, embeddings or small_vae is needed, {} was given",
          formats::in_quotes(name.substr(0, 100)));
  return *found;
}

/// "stable-diffusion-webui": the last part of a path that says something.
std::string link_name(const fs::path& place) {
  fs::path named = place.has_filename() ? place : place.parent_path();
  if (named.filename() == "models" && named.has_parent_path()) named = named.parent_path();
  std::string name = named.filename().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.' && c != '_') c = '_';
  while (name.starts_with('.')) name.erase(0, 1);  // hidden folders would be looked over
  return name.empty() ? "folder" : name;
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  const auto [mismatch, ignored] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return mismatch == outer.end();
}

}  // namespace

std::vector<ModelFolder> folders_in(const fs::path& place, const std::string& kind) {
  const std::string what = "add the folder " + formats::in_quotes(place.string());
  require(place.is_absolute(), ErrorKind::invalid_request, "{}: a whole path is needed, one that begins with /", what);
  std::error_code problem;
  const fs::path real = fs::canonical(place, problem);
  require(!problem && fs::is_directory(real, problem), ErrorKind::not_found, "{}: there is no such folder", what);
  std::vector<ModelFolder> found;
  const auto look = [&](const Kind& one, const fs::path& folder) {
    const int files = files_in(folder);
    if (files > 0) found.push_back({link_name(real), one.name, folder, files});
  };
  if (!kind.empty()) {
    look(kind_named(kind), real);
  } else {
    for (const Kind& one : kKinds)
      for (const fs::path& base : {real, real / "models", real.parent_path()})
        if (base != real.parent_path() || (std::string_view(one.name) == "embeddings" && real.filename() == "models"))
          look(one, base / one.folder);
  }
  require(!found.empty(), ErrorKind::invalid_request,
          "{}: it must have files of models, or the folders Stable-diffusion, Lora, VAE, VAE-approx or embeddings with "
          "such; none were found. A folder of one kind is added with its kind",
          what);
  return found;
}

void add_folders(const std::vector<ModelFolder>& found, const LibraryFolders& own) {
  std::vector<fs::path> links;
  for (const ModelFolder& folder : found) {
    const fs::path& into = own.*kind_named(folder.kind).own;
    std::error_code problem;
    fs::create_directories(into, problem);
    const fs::path here = fs::weakly_canonical(into, problem);
    require(!lies_in(folder.place, here) && !lies_in(here, folder.place), ErrorKind::invalid_request,
            "add the folder {}: it and Darkroom's own folder {} must not lie in one another",
            formats::in_quotes(folder.place.string()), formats::in_quotes(here.string()));
    links.push_back(into / folder.name);
    require(!fs::exists(fs::symlink_status(links.back(), problem)), ErrorKind::invalid_request,
            "add the folder {}: there is already one called {}; remove it first",
            formats::in_quotes(folder.place.string()), formats::in_quotes(folder.name));
  }
  for (size_t i = 0; i < links.size(); ++i) {
    std::error_code problem;
    fs::create_directory_symlink(found[i].place, links[i], problem);
    if (!problem) continue;
    std::error_code ignored;
    for (size_t made = 0; made < i; ++made) fs::remove(links[made], ignored);
    fail(ErrorKind::io, "add the folder {}: make the link {}: {}", formats::in_quotes(found[i].place.string()),
         formats::in_quotes(links[i].string()), problem.message());
  }
}

std::vector<ModelFolder> added_folders(const LibraryFolders& own) {
  std::vector<ModelFolder> all;
  for (const Kind& kind : kKinds) {
    std::error_code problem;
    for (fs::directory_iterator entry(own.*kind.own, problem), end; !problem && entry != end;
         entry.increment(problem)) {
      std::error_code ignored;
      if (!entry->is_symlink(ignored) || !entry->is_directory(ignored)) continue;
      all.push_back({entry->path().filename().string(), kind.name, fs::read_symlink(entry->path(), ignored),
                     files_in(entry->path())});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

void remove_folders(const std::string& name, const LibraryFolders& own) {
  bool is_known = false;
  for (const ModelFolder& folder : added_folders(own)) {
    if (folder.name != name) continue;
    is_known = true;
    const fs::path link = own.*kind_named(folder.kind).own / name;
    std::error_code problem;
    fs::remove(link, problem);
    require(!problem, ErrorKind::io, "remove the link {}: {}", formats::in_quotes(link.string()), problem.message());
  }
  require(is_known, ErrorKind::not_found, "remove the folder {}: none of that name was added",
          formats::in_quotes(name.substr(0, 100)));
}

}  // namespace darkroom::server
