// What may be done with a picture to start from, by the names of A1111's menus. Its API counts them: their places, from
// 0, name them too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::generate {

/// How a picture gets the size of the run. latent: it is encoded at its own size, and its latents are stretched.
enum class ResizeMode { stretch, crop, fill, latent };
std::vector<std::string> resize_mode_names();

/// What the masked part holds before noise is added: colours from around it, what was there, noise, zeros.
enum class MaskedContent { fill, original, latent_noise, latent_nothing };
std::vector<std::string> masked_content_names();

/// Whether the run sees the whole picture, or only what is masked and some of what is around.
enum class InpaintArea { whole_picture, only_masked };
std::vector<std::string> inpaint_area_names();

enum class MaskMode { masked, not_masked };
std::vector<std::string> mask_mode_names();

/// The place of `text` among `names`, in any case; also a number, and True and False where there are two. Throws
/// Error{invalid_request} that lists them.
size_t choice_named(const std::vector<std::string>& names, std::string_view text);

}  // namespace darkroom::generate
