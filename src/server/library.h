// Which model files there are: looked up in folders, named as A1111 names them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "prompt/styles.h"

namespace darkroom::server {

/// Where to look. Empty = nowhere.
struct LibraryFolders {
  std::filesystem::path checkpoints;  ///< files and diffusers folders, searched with all below
  std::filesystem::path lora, vae, embeddings;
  std::filesystem::path small_vae;            ///< TAESD decoders
  std::vector<std::filesystem::path> styles;  ///< styles.csv files

  /// A1111's layout: Stable-diffusion, Lora, VAE, VAE-approx below `models`; embeddings and styles.csv beside it.
  static LibraryFolders below(const std::filesystem::path& models);
};

struct ModelFile {
  std::string name;  ///< file stem or folder name
  std::filesystem::path path;
  std::string family;  ///< "SD 1.x", ...; empty where it cannot be read
  int64_t bytes = 0;
  std::string hash;   ///< ten hex digits; empty while not known yet
  std::string error;  ///< why it cannot be used; empty if it can
  bool is_built_in = false;

  /// "name.safetensors [hash]", how A1111's clients choose it.
  std::string title() const;
};

struct LoraFile {
  std::string name;   ///< how a prompt calls it
  std::string alias;  ///< ss_output_name, else name
  std::filesystem::path path;
  std::map<std::string, std::string> metadata;
  std::string error;
  int64_t preview = 0;  ///< when the picture beside it was written, in ticks of the file system; 0 = there is none
};

/// Thread-safe.
class Library {
 public:
  /// Looks once. Hashes that are not known yet are computed meanwhile, one after another.
  explicit Library(LibraryFolders folders);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// Looks again.
  void refresh();

  /// The model that comes with Darkroom first.
  std::vector<ModelFile> models() const;
  std::vector<LoraFile> loras() const;
  std::vector<std::filesystem::path> vaes() const;
  std::vector<std::string> embeddings() const;
  std::vector<prompt::Style> styles() const;
  const LibraryFolders& folders() const { return folders_; }

  /// By title, name, file name or hash, as A1111 takes them; "" is the one that comes with Darkroom. Throws
  /// Error{not_found} that lists the nearest.
  ModelFile model_named(const std::string& name) const;
  /// The model a picture's recipe means: the one with its hash, else the one with its name; nothing where there is
  /// neither, or its file is broken.
  std::optional<ModelFile> model_of_recipe(const std::string& name, const std::string& hash) const;
  /// The title of a request's model, by its path; "" is the one that comes with Darkroom. A path that is not in the
  /// folders stays as it is.
  std::string title_of_path(const std::string& path) const;
  /// A VAE's path by file name, stem or path; "" for "Automatic", "None" and "". Throws Error{not_found}.
  std::filesystem::path vae_named(const std::string& name) const;

 private:
  void compute_hashes();

  LibraryFolders folders_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::vector<ModelFile> models_;
  std::vector<LoraFile> loras_;
  std::vector<std::filesystem::path> vaes_, embeddings_;
  bool is_stopping_ = false;
  std::thread hasher_;
};

}  // namespace darkroom::server
