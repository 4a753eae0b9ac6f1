#include "server/lora_previews.h"

#include <system_error>

#include "base/error.h"
#include "formats/picture_file.h"
#include "server/training/own_names.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kLargestPreview = uintmax_t(32) << 20;

/// Ours first, so that a picture chosen here shows, whatever else lies there.
constexpr const char* kEndings[] = {".preview.png",  ".png",  ".preview.jpg",  ".jpg",
                                    ".preview.jpeg", ".jpeg", ".preview.webp", ".webp"};

fs::path beside(const fs::path& lora, const char* ending) {
  return lora.parent_path() / (lora.stem().string() + ending);
}

}  // namespace

fs::path preview_of(const fs::path& lora) {
  std::error_code problem;
  for (const char* ending : kEndings) {
    const fs::path path = beside(lora, ending);
    if (!fs::is_regular_file(path, problem) || fs::file_size(path, problem) > kLargestPreview) continue;
    try {
      return own_path(lora.parent_path(), {path.filename().string()}, "preview");
    } catch (const Error&) {
      // A link to somewhere else.
    }
  }
  return {};
}

void keep_preview(const fs::path& lora, const Image& image, const std::string& recipe) {
  const fs::path target = beside(lora, kEndings[0]), before = beside(lora, ".preview.before.png");
  std::error_code problem;
  if (fs::exists(target, problem) && !fs::exists(before, problem)) {
    fs::rename(target, before, problem);
    require(!problem, ErrorKind::io, "keep the preview that {} had: {}", lora.filename().string(), problem.message());
  }
  formats::write_picture(target, image, recipe);
}

}  // namespace darkroom::server
