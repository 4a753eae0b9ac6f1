// What a run from a picture works on, in pixels: the picture at the run's size, its mask, and what is laid over the
// result. Source of truth: A1111, modules/processing.py (StableDiffusionProcessingImg2Img.init, apply_overlay).
#pragma once

#include <optional>

#include "generate/request.h"
#include "imaging/compose.h"

namespace darkroom::generate {

/// What is kept of the picture, at the picture's own size.
struct Overlay {
  Image picture;                      ///< RGBA: transparent where the picture was made anew
  std::optional<imaging::Box> place;  ///< of "Only masked": where what was made belongs
};

struct Canvas {
  Image picture;              ///< RGB, the run's size; in resize mode latent its own
  std::optional<Image> mask;  ///< grey, the run's size: 255 = made anew; nothing = everything
  std::optional<Overlay> overlay;
};

/// Transparent parts of `picture` are seen on white. Requires: a settled request. A blank mask for "Only masked" is
/// logged and counts as none. Throws Error{invalid_request} where a mask must have the picture's size, or the picture
/// the run's.
Canvas canvas_of(const GenerateRequest& request, const Image& picture, const std::optional<Image>& mask);

/// What was made, RGB of the run's size, under what was kept.
Image laid_under(const Overlay& overlay, const Image& made);

}  // namespace darkroom::generate
