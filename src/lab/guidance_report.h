// What lab/guidance.h measured, as text, JSON, and a page with pictures and plots.
#pragma once

#include <filesystem>
#include <string>

#include "lab/guidance.h"

namespace darkroom::lab {

std::string guidance_json(const GuidanceReport& report);

/// For the terminal: a line per CFG scale.
std::string guidance_text(const GuidanceReport& report);

/// README.md, guidance.html, guidance.json, pictures.png (a column per scale; below, without the negative prompt),
/// guidance_size.svg, guidance_latent.svg. Creates the folder. Throws Error{io}.
void write_guidance(const std::filesystem::path& folder, const GuidanceReport& report);

}  // namespace darkroom::lab
