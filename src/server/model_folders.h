// Folders with models that lie elsewhere, such as another program's: each is a link in our own folder of its kind, so
// that whatever looks for files there finds them too, the command line included.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/library.h"

namespace darkroom::server {

struct ModelFolder {
  std::string name;             ///< of the link
  std::string kind;             ///< "checkpoints", "lora", "vae", "embeddings", "small_vae"
  std::filesystem::path place;  ///< where it lies
  int files = 0;                ///< of this kind in it
};

/// What a folder of A1111's layout has (Stable-diffusion, Lora, VAE, VAE-approx below it or below its "models",
/// embeddings beside those), or what a folder of one `kind` has. Those without files are left out. Throws Error:
/// not_found, invalid_request (an unknown kind, a relative path, nothing in it).
std::vector<ModelFolder> folders_in(const std::filesystem::path& place, const std::string& kind = "");

/// Makes the links, named after `place`; none where one of them cannot be. Throws Error: invalid_request where a link
/// of the name is there already, or the place and our folders lie in one another; io.
void add_folders(const std::vector<ModelFolder>& found, const LibraryFolders& own);

/// Those that were added, by kind and name.
std::vector<ModelFolder> added_folders(const LibraryFolders& own);

/// Takes the links of this name away; no file goes. Throws Error: not_found, io.
void remove_folders(const std::string& name, const LibraryFolders& own);

}  // namespace darkroom::server
