#include "generate/picture_choices.h"

#include <fmt/ranges.h>

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "formats/utf8.h"

namespace darkroom::generate {

std::vector<std::string> resize_mode_names() {
  return {"Just resize", "Crop and resize", "Resize and fill", "Just resize (latent upscale)"};
}

std::vector<std::string> masked_content_names() {
  return {"fill", "original", "latent noise", "latent nothing"};
}

std::vector<std::string> inpaint_area_names() {
  return {"Whole picture", "Only masked"};
}

std::vector<std::string> mask_mode_names() {
  return {"Inpaint masked", "Inpaint not masked"};
}

size_t choice_named(const std::vector<std::string>& names, std::string_view text) {
  for (size_t i = 0; i < names.size(); ++i) {
    const bool is_truth = names.size() == 2 && diffusion::same_name(text, i == 0 ? "False" : "True");
    if (diffusion::same_name(text, names[i]) || text == std::to_string(i) || is_truth) return i;
  }
  fail(ErrorKind::invalid_request, "one of {} is needed, {} was given", fmt::join(names, ", "),
       formats::in_quotes(text));
}

}  // namespace darkroom::generate
