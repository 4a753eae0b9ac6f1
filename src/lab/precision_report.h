// What lab/precision.h measured, as text, JSON, and a page with pictures and plots.
#pragma once

#include <filesystem>
#include <string>

#include "lab/precision.h"

namespace darkroom::lab {

std::string precision_json(const PrecisionReport& report);

/// For the terminal: a paragraph per format.
std::string precision_text(const PrecisionReport& report);

/// README.md, precision.html, precision.json, pictures.png (fp32, bf16, fp16; below, differences to fp32 times 8),
/// precision_error.svg, precision_magnitude.svg. Creates the folder. Throws Error{io}.
void write_precision(const std::filesystem::path& folder, const PrecisionReport& report);

}  // namespace darkroom::lab
