#include "server/library.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/log.h"
#include "diffusion/nearest_names.h"
#include "formats/utf8.h"
#include "generate/default_model.h"
#include "generate/file_facts.h"
#include "generate/files_below.h"
#include "generate/model_hash.h"
#include "server/lora_previews.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

int64_t bytes_of(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return int64_t(fs::file_size(path, ignored));
  int64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, ignored))
    if (entry.is_regular_file(ignored)) bytes += int64_t(entry.file_size(ignored));
  return bytes;
}

ModelFile model_file(const fs::path& path, bool is_built_in) {
  const bool is_folder = fs::is_directory(path);
  ModelFile model{.name = is_folder ? path.filename().string() : path.stem().string(),
                  .path = path,
                  .bytes = bytes_of(path),
                  .is_built_in = is_built_in};
  try {
    model.hash = generate::known_model_hash(path);
    const generate::FileFacts facts = generate::file_facts(path);
    if (facts.kind != "checkpoint") model.error = "it is no checkpoint but " + facts.kind;
    for (const auto& [name, value] : facts.facts)
      if (name == "variant") model.family = value;
  } catch (const Error& error) {
    model.error = error.what();
  }
  return model;
}

/// Files, and folders that hold a diffusers model, which are not looked into further.
std::vector<fs::path> checkpoints_below(const fs::path& folder) {
  std::vector<fs::path> found = generate::files_below(folder, {".safetensors", ".ckpt"});
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink, ignored);
       !ignored && entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
    if (!entry->is_directory(ignored) || !fs::exists(entry->path() / "model_index.json", ignored)) continue;
    folders.push_back(entry->path());
    entry.disable_recursion_pending();
  }
  const auto is_in_folder = [&](const fs::path& file) {
    return std::any_of(folders.begin(), folders.end(),
                       [&](const fs::path& model) { return file.string().starts_with(model.string() + "/"); });
  };
  std::erase_if(found, is_in_folder);
  found.insert(found.end(), folders.begin(), folders.end());
  std::sort(found.begin(), found.end());
  return found;
}

int64_t preview_time(const fs::path& lora) {
  const fs::path picture = preview_of(lora);
  std::error_code problem;
  return picture.empty() ? 0 : int64_t(fs::last_write_time(picture, problem).time_since_epoch().count());
}

LoraFile lora_file(const fs::path& path) {
  LoraFile lora{.name = path.stem().string(), .alias = path.stem().string(), .path = path};
  lora.preview = preview_time(path);
  try {
    lora.metadata = generate::file_facts(path).texts;
    const auto own = lora.metadata.find("ss_output_name");
    if (own != lora.metadata.end() && !own->second.empty()) lora.alias = own->second;
  } catch (const Error& error) {
    lora.error = error.what();
  }
  return lora;
}

}  // namespace

LibraryFolders LibraryFolders::below(const fs::path& models) {
  return {.checkpoints = models / "Stable-diffusion",
          .lora = models / "Lora",
          .vae = models / "VAE",
          .embeddings = (models / ".." / "embeddings").lexically_normal(),
          .small_vae = models / "VAE-approx",
          .styles = {(models / ".." / "styles.csv").lexically_normal()}};
}

std::string ModelFile::title() const {
  const std::string file = fs::is_directory(path) ? name : path.filename().string();
  return hash.empty() ? file : fmt::format("{} [{}]", file, hash);
}

Library::Library(LibraryFolders folders) : folders_(std::move(folders)) {
  refresh();
  hasher_ = std::thread([this] { compute_hashes(); });
}

Library::~Library() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  news_.notify_all();
  hasher_.join();
}

void Library::refresh() {
  std::vector<ModelFile> models;
  try {
    models.push_back(model_file(generate::default_model(), /*is_built_in=*/true));
  } catch (const Error& error) {
    log_warning("{}", error.what());
  }
  for (const fs::path& path : checkpoints_below(folders_.checkpoints)) models.push_back(model_file(path, false));
  std::vector<LoraFile> loras;
  for (const fs::path& path : generate::files_below(folders_.lora, {".safetensors", ".pt", ".ckpt"}))
    loras.push_back(lora_file(path));
  {
    const std::lock_guard lock(mutex_);
    models_ = std::move(models);
    loras_ = std::move(loras);
    vaes_ = generate::files_below(folders_.vae, {".safetensors", ".pt", ".ckpt"});
    embeddings_ = generate::files_below(folders_.embeddings, {".safetensors", ".pt", ".bin"});
  }
  news_.notify_all();
}

void Library::compute_hashes() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    const auto next = std::find_if(models_.begin(), models_.end(),
                                   [](const ModelFile& model) { return model.hash.empty() && model.error.empty(); });
    if (next == models_.end()) {
      news_.wait(lock);
      continue;
    }
    const ModelFile model = *next;
    lock.unlock();
    std::string hash, problem;
    try {
      hash = generate::model_hash(model.path);
    } catch (const std::exception& error) {
      problem = error.what();
    }
    lock.lock();
    for (ModelFile& one : models_) {
      if (one.path != model.path) continue;
      one.hash = hash;
      if (hash.empty()) one.error = problem;
    }
  }
}

std::vector<ModelFile> Library::models() const {
  const std::lock_guard lock(mutex_);
  return models_;
}

std::vector<LoraFile> Library::loras() const {
  const std::lock_guard lock(mutex_);
  return loras_;
}

std::vector<fs::path> Library::vaes() const {
  const std::lock_guard lock(mutex_);
  return vaes_;
}

std::vector<std::string> Library::embeddings() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const fs::path& path : embeddings_) names.push_back(path.stem().string());
  return names;
}

std::vector<prompt::Style> Library::styles() const {
  std::vector<prompt::Style> styles;
  std::error_code ignored;
  for (const fs::path& file : folders_.styles)
    if (fs::exists(file, ignored)) prompt::add_styles(styles, file);
  return styles;
}

ModelFile Library::model_named(const std::string& name) const {
  const std::vector<ModelFile> all = models();
  std::vector<std::string> names;
  for (const ModelFile& model : all) {
    const bool is_meant = name.empty() ? model.is_built_in
                                       : name == model.title() || name == model.name || name == model.hash ||
                                             name == model.path.filename().string() || name == model.path.string();
    if (is_meant) return model;
    names.push_back(model.name);
  }
  // A title whose hash was not known yet when it was handed out, or is by now.
  const size_t bracket = name.rfind(" [");
  if (bracket != std::string::npos) return model_named(name.substr(0, bracket));
  require(!names.empty(), ErrorKind::not_found, "find the checkpoint {}: there is none at all in {}",
          formats::in_quotes(name), formats::in_quotes(folders_.checkpoints.string()));
  fail(ErrorKind::not_found, "find the checkpoint {}: there is none of this name; the nearest are {}",
       formats::in_quotes(name), diffusion::nearest_names_text(name, names));
}

std::optional<ModelFile> Library::model_of_recipe(const std::string& name, const std::string& hash) const {
  const std::vector<ModelFile> all = models();
  for (const ModelFile& model : all)
    if (!hash.empty() && model.hash == hash && model.error.empty()) return model;
  for (const ModelFile& model : all)
    if (!name.empty() && model.name == name && model.error.empty()) return model;
  return std::nullopt;
}

std::string Library::title_of_path(const std::string& path) const {
  for (const ModelFile& model : models())
    if (path.empty() ? model.is_built_in : model.path == path) return model.title();
  return path;
}

fs::path Library::vae_named(const std::string& name) const {
  if (name.empty() || name == "Automatic" || name == "None") return {};
  std::vector<std::string> names;
  for (const fs::path& path : vaes()) {
    if (name == path.filename().string() || name == path.stem().string() || name == path.string()) return path;
    names.push_back(path.filename().string());
  }
  require(!names.empty(), ErrorKind::not_found, "find the VAE {}: there is none in {}", formats::in_quotes(name),
          formats::in_quotes(folders_.vae.string()));
  fail(ErrorKind::not_found, "find the VAE {}: there is none of this name; the nearest are {}",
       formats::in_quotes(name), diffusion::nearest_names_text(name, names));
}

}  // namespace darkroom::server
