#include "generate/upscalers.h"

#include <ATen/core/Tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "checkpoint/upscaler.h"
#include "diffusion/nearest_names.h"
#include "formats/utf8.h"
#include "generate/latents.h"
#include "generate/tensor_image.h"
#include "imaging/compose.h"
#include "imaging/resize.h"

namespace darkroom::generate {
namespace {

namespace fs = std::filesystem;
using imaging::Resample;

/// Model files by name, the first of two of one name.
std::vector<fs::path> model_files() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  std::vector<fs::path> files;
  for (const fs::path& base : {fs::path("."), program, program / "..", program / "../share/darkroom"}) {
    for (const char* folder : {"models/ESRGAN", "models/upscalers"}) {
      for (const auto& entry : fs::directory_iterator(base / folder, ignored)) {
        const std::string ending = entry.path().extension().string();
        if (ending == ".pth" || ending == ".pt" || ending == ".safetensors") files.push_back(entry.path());
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

fs::path model_file(const std::string& name) {
  if (fs::is_regular_file(name)) return name;
  for (const fs::path& file : model_files())
    if (diffusion::same_name(file.stem().string(), name)) return file;
  fail(ErrorKind::not_found,
       "find the upscaler {}: it must be a file or a known name; did you mean {}? Models lie in models/ESRGAN",
       formats::in_quotes(name), diffusion::nearest_names_text(name, upscaler_names()));
}

/// Starts of the tiles along one axis: spread evenly, the last one ending with the picture.
std::vector<int> tile_starts(int size, int side, int overlap) {
  const int count = std::max(1, int(std::ceil(double(size - overlap) / (side - overlap))));
  std::vector<int> starts;
  for (int i = 0; i < count; ++i) {
    const int start = count > 1 ? int(i * (double(size - side) / (count - 1))) : 0;
    starts.push_back(start + side >= size ? size - side : start);
  }
  return starts;
}

/// A ramp over `length` pixels, the same in every row (or column).
Image ramp(int width, int height, int length, bool along_x) {
  Image mask(width, height, 1);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) *mask.pixel(x, y) = uint8_t(float((along_x ? x : y) * 255) / float(length));
  return mask;
}

/// Puts `part` beside (or below) what is there, fading in over the first `overlap` pixels.
void paste_fading(Image& onto, const Image& part, int place, int overlap, bool along_x) {
  const int x = along_x ? place : 0, y = along_x ? 0 : place;
  if (place == 0 || overlap == 0) {
    imaging::paste(onto, part, x, y);
    return;
  }
  const imaging::Box shared{0, 0, along_x ? overlap : part.width, along_x ? part.height : overlap};
  const Image first = imaging::cropped(part, shared);
  imaging::paste(onto, first, x, y, ramp(first.width, first.height, overlap, along_x));
  const imaging::Box rest{along_x ? overlap : 0, along_x ? 0 : overlap, part.width, part.height};
  imaging::paste(onto, imaging::cropped(part, rest), x + rest.left, y + rest.top);
}

}  // namespace

struct Upscaler::Kind {
  Tiles tiles;
  Resample filter = Resample::lanczos;
  std::unique_ptr<models::Esrgan> network = {};  ///< nothing: the filter
  bool is_none = false;                          ///< "None": one Lanczos to the size, whatever it is

  Image once(const Image& image, double scale, const Progress& progress) const;
  Image tile(const Image& image) const;
  Image tiled(const Image& image, const Progress& progress) const;
};

/// One run of the network.
Image Upscaler::Kind::tile(const Image& image) const {
  const c10::InferenceMode inference;
  // Parity: RGB, as the networks were trained; A1111 hands them BGR.
  const Tensor pictures = (image_tensor(image) + 1) / 2;
  return unit_image(require_numbers(network->forward(pictures), "enlarge the picture")[0]);
}

Image Upscaler::Kind::tiled(const Image& image, const Progress& progress) const {
  // Parity: a side shorter than the tile is one tile of its own size; A1111 puts black beside it.
  const int width = tiles.side > 0 ? std::min(tiles.side, image.width) : image.width;
  const int height = tiles.side > 0 ? std::min(tiles.side, image.height) : image.height;
  const std::vector<int> columns = tile_starts(image.width, width, std::min(tiles.overlap, width - 1));
  const std::vector<int> rows = tile_starts(image.height, height, std::min(tiles.overlap, height - 1));
  const int scale = int(network->config.scale()), overlap = tiles.overlap * scale;
  const int total = int(columns.size() * rows.size());
  int done = 0;
  Image out(image.width * scale, image.height * scale, 3);
  for (const int y : rows) {
    Image row(out.width, height * scale, 3);
    for (const int x : columns) {
      progress({"enlarging", done++, total, ""});
      const Image part = tile(imaging::cropped(image, {x, y, x + width, y + height}));
      paste_fading(row, part, x * scale, std::min(overlap, part.width), /*along_x=*/true);
    }
    paste_fading(out, row, y * scale, std::min(overlap, row.height), /*along_x=*/false);
  }
  progress({"enlarging", total, total, ""});
  return out;
}

Image Upscaler::Kind::once(const Image& image, double scale, const Progress& progress) const {
  if (network) return tiled(image, progress);
  const int width = std::max(1, int(image.width * scale)), height = std::max(1, int(image.height * scale));
  return imaging::resized(image, width, height, filter);
}

Upscaler::Upscaler(const std::string& name, const Tiles& tiles) : kind_(std::make_unique<Kind>(Kind{tiles})) {
  require(tiles.overlap >= 0 && (tiles.side == 0 || tiles.side > 2 * tiles.overlap), ErrorKind::invalid_request,
          "tiles of {} pixels that share {}: a tile must be larger than twice what it shares, or 0 for none",
          tiles.side, tiles.overlap);
  kind_->is_none = diffusion::same_name(name, "None");
  if (kind_->is_none || diffusion::same_name(name, "Lanczos")) return;
  if (diffusion::same_name(name, "Nearest")) {
    kind_->filter = Resample::nearest;
    return;
  }
  kind_->network = checkpoint::load_esrgan(model_file(name));
}

Upscaler::~Upscaler() = default;
Upscaler::Upscaler(Upscaler&&) noexcept = default;

Image Upscaler::enlarged(const Image& image, double scale, const Progress& progress) const {
  const int width = std::max(8, int(image.width * scale) / 8 * 8),
            height = std::max(8, int(image.height * scale) / 8 * 8);
  Image out = imaging::flattened(image);
  for (int time = 0; time < 3; ++time) {
    if (out.width >= width && out.height >= height && (time > 0 || scale != 1)) break;
    const int before_width = out.width, before_height = out.height;
    out = kind_->once(out, scale, progress);
    if (out.width == before_width && out.height == before_height) break;
  }
  return imaging::resized(out, width, height, Resample::lanczos);
}

Image Upscaler::resized(const Image& image, int width, int height, const Progress& progress) const {
  const double scale = std::max(double(width) / image.width, double(height) / image.height);
  const Image out = scale > 1 && !kind_->is_none ? enlarged(image, scale, progress) : imaging::flattened(image);
  return imaging::resized(out, width, height, Resample::lanczos);
}

std::vector<std::string> upscaler_names() {
  std::vector<std::string> names = {"None", "Lanczos", "Nearest"};
  for (const fs::path& file : model_files()) names.push_back(file.stem().string());
  return names;
}

}  // namespace darkroom::generate
