#include "server/own_files.h"

#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "formats/utf8.h"
#include "generate/files_below.h"
#include "generate/menu.h"
#include "generate/upscalers.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

/// A TAESD decoder by its name in the folder of small decoders.
fs::path taesd_named(const std::string& name, const LibraryFolders& folders) {
  std::vector<std::string> names;
  for (const fs::path& path : generate::files_below(folders.small_vae, {".safetensors", ".pt", ".pth"})) {
    if (name == path.stem().string() || name == path.filename().string() || name == path.string()) return path;
    names.push_back(path.stem().string());
  }
  require(!names.empty(), ErrorKind::not_found, "find the TAESD decoder {}: there is none in {}",
          formats::in_quotes(name), formats::in_quotes(folders.small_vae.string()));
  fail(ErrorKind::not_found, "find the TAESD decoder {}: there is none of this name; the nearest are {}",
       formats::in_quotes(name), diffusion::nearest_names_text(name, names));
}

}  // namespace

std::string own_upscaler(const std::string& name) {
  std::vector<std::string> names = generate::upscaler_names();
  for (const std::string& latent : generate::latent_upscaler_names()) names.push_back(latent);
  for (const std::string& known : names)
    if (diffusion::same_name(name, known)) return known;
  fail(ErrorKind::invalid_request, "upscaler {}: there is none of this name; the nearest are {}",
       formats::in_quotes(name), diffusion::nearest_names_text(name, names));
}

generate::Settings with_own_files(generate::Settings settings, const Context& context) {
  const auto said = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  const std::string chosen = settings.contains("model") ? said("model") : context.options.text("sd_model_checkpoint");
  const ModelFile model = context.library.model_named(chosen);
  require(model.error.empty(), ErrorKind::corrupt_file, "{}", model.error);
  // The one that comes with Darkroom is the request's default, wherever the program lies.
  settings["model"] = model.is_built_in ? "" : model.path.string();
  settings["vae"] = context.library.vae_named(said("vae")).string();
  if (!said("taesd").empty()) settings["taesd"] = taesd_named(said("taesd"), context.library.folders()).string();
  if (!said("hr_upscaler").empty()) settings["hr_upscaler"] = own_upscaler(said("hr_upscaler"));
  for (const char* picture : {"init_image", "mask"})
    require(said(picture).empty() || said(picture).starts_with("upload:"), ErrorKind::invalid_request,
            "{}: the name of an uploaded picture is needed, {} was given", picture, formats::in_quotes(said(picture)));
  settings["lora_dir"] = context.library.folders().lora.string();
  std::error_code ignored;
  const fs::path& embeddings = context.library.folders().embeddings;
  settings["embeddings_dir"] = fs::is_directory(embeddings, ignored) ? embeddings.string() : "";
  return settings;
}

}  // namespace darkroom::server
