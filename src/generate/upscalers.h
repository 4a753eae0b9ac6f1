// What enlarges pictures: Lanczos, the nearest pixel, or an ESRGAN network. No tensors here, so that the command line
// needs no libtorch. Source of truth: A1111, modules/upscaler.py, upscaler_utils.py, images.py (resize_image,
// split_grid, combine_grid).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "imaging/image.h"

namespace darkroom::generate {

/// Networks see pictures in parts that overlap, or memory would not do.
struct Tiles {
  int side = 192;   ///< pixels; 0 = the whole picture at once
  int overlap = 8;  ///< pixels that two of them share and fade into each other
};

class Upscaler {
 public:
  /// "None" (as Lanczos), "Lanczos", "Nearest", else an ESRGAN model: a file, or the name of one in models/ESRGAN or
  /// models/upscalers in this folder or beside the program. Throws Error: not_found that lists them, those of
  /// load_esrgan(), invalid_request for tiles that cannot be.
  explicit Upscaler(const std::string& name, const Tiles& tiles = {});
  ~Upscaler();
  Upscaler(Upscaler&&) noexcept;

  /// RGB, about `scale` times as large: both sides down to a multiple of 8, as in the reference. A network runs up to
  /// three times. What is transparent is seen on white. Throws Error{internal} where the network answers no numbers.
  Image enlarged(const Image& image, double scale, const Progress& progress = ignore_progress) const;

  /// RGB of that size: enlarged, where it is larger, then brought there by Lanczos.
  Image resized(const Image& image, int width, int height, const Progress& progress = ignore_progress) const;

 private:
  struct Kind;
  std::unique_ptr<Kind> kind_;
};

/// Names an Upscaler knows here and now, those of model files included.
std::vector<std::string> upscaler_names();

}  // namespace darkroom::generate
