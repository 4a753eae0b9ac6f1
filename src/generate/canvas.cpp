#include "generate/canvas.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "generate/picture_choices.h"
#include "imaging/blur.h"
#include "imaging/fit.h"
#include "imaging/mask.h"

namespace darkroom::generate {
namespace {

using imaging::Fit;

ResizeMode resize_mode(const GenerateRequest& request) {
  return ResizeMode(choice_named(resize_mode_names(), request.resize_mode));
}

Fit fit_of(ResizeMode mode) {
  return mode == ResizeMode::stretch ? Fit::stretch : mode == ResizeMode::crop ? Fit::crop : Fit::fill;
}

Image at_size(const GenerateRequest& request, const Image& picture, Fit fit) {
  return imaging::fitted(picture, request.width, request.height, fit);
}

Image prepared_mask(const GenerateRequest& request, const Image& picture) {
  Image mask = imaging::mask_of(picture, request.mask_round);
  const auto mode = MaskMode(choice_named(mask_mode_names(), request.mask_mode));
  if (mode == MaskMode::not_masked) mask = imaging::inverted(mask);
  return imaging::gaussian_blurred(mask, request.blur_x(), request.blur_y());
}

Canvas whole_picture(const GenerateRequest& request, const Image& picture, const Image& mask) {
  const ResizeMode mode = resize_mode(request);
  require(mode != ResizeMode::latent || (picture.width == request.width && picture.height == request.height),
          ErrorKind::invalid_request,
          "--resize-mode {}: with a mask the picture must have the run's size {}x{}, it has {}x{}; try another mode",
          request.resize_mode, request.width, request.height, picture.width, picture.height);
  // Parity: a mask of another size than the picture is brought to the run's size by itself.
  Canvas canvas{at_size(request, picture, fit_of(mode)), at_size(request, mask, fit_of(mode)), {}};
  Image covered = *canvas.mask;
  for (uint8_t& value : covered.pixels) value = uint8_t(std::min(255, 2 * value));
  canvas.overlay = Overlay{imaging::with_holes(canvas.picture, covered), {}};
  return canvas;
}

/// Nothing if the mask is blank.
std::optional<Canvas> masked_part(const GenerateRequest& request, const Image& picture, const Image& mask) {
  require(mask.width == picture.width && mask.height == picture.height, ErrorKind::invalid_request,
          "--inpaint-area Only masked: the mask must have the picture's size {}x{}, it has {}x{}", picture.width,
          picture.height, mask.width, mask.height);
  const auto marked = imaging::marked_box(mask, request.masked_padding);
  if (!marked) return std::nullopt;
  const imaging::Box box = imaging::expanded(*marked, request.width, request.height, picture);
  return Canvas{at_size(request, imaging::cropped(picture, box), Fit::fill),
                at_size(request, imaging::cropped(mask, box), Fit::fill),
                Overlay{imaging::with_holes(picture, mask), box}};
}

Canvas masked_canvas(const GenerateRequest& request, const Image& picture, const Image& mask) {
  const auto area = InpaintArea(choice_named(inpaint_area_names(), request.inpaint_area));
  if (area == InpaintArea::whole_picture) return whole_picture(request, picture, mask);
  if (auto canvas = masked_part(request, picture, mask)) return *canvas;
  log_warning("the mask is blank: all of the picture is made anew; was it meant to be --mask-mode \"{}\"?",
              mask_mode_names()[choice_named(mask_mode_names(), request.mask_mode) == 0 ? 1 : 0]);
  return canvas_of(request, picture, std::nullopt);
}

}  // namespace

Canvas canvas_of(const GenerateRequest& request, const Image& picture, const std::optional<Image>& mask) {
  const Image seen = imaging::flattened(picture);
  if (!mask) {
    const ResizeMode mode = resize_mode(request);
    return {mode == ResizeMode::latent ? seen : at_size(request, seen, fit_of(mode)), {}, {}};
  }
  Canvas canvas = masked_canvas(request, seen, prepared_mask(request, *mask));
  const auto content = MaskedContent(choice_named(masked_content_names(), request.masked_content));
  if (canvas.mask && content != MaskedContent::original) canvas.picture = imaging::filled(canvas.picture, *canvas.mask);
  return canvas;
}

Image laid_under(const Overlay& overlay, const Image& made) {
  Image under = imaging::rgba(made);
  if (overlay.place) {
    const Image part = imaging::fitted(made, overlay.place->width(), overlay.place->height(), Fit::crop);
    under = Image(overlay.picture.width, overlay.picture.height, 4);
    imaging::paste(under, imaging::rgba(part), overlay.place->left, overlay.place->top);
  }
  return imaging::rgb(imaging::alpha_composited(under, overlay.picture));
}

}  // namespace darkroom::generate
