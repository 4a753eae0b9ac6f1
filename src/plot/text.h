// Text drawn into pictures, by FreeType, in DejaVu Sans, which is part of the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "imaging/image.h"

namespace darkroom::plot {

/// How wide a line is, in pixels. `size` is the height of the letter box; 1 to 1000.
int text_width(std::string_view line, int size);
/// From the top of one line to the top of the next.
int line_height(int size);

/// UTF-8 at the place of its line's upper left corner, in one grey, blended; what lies outside of the picture is left
/// out. Characters the font lacks become its box. Requires an RGB picture.
void draw_text(Image& image, int x, int y, std::string_view line, int size, uint8_t grey = 0);

/// The text in lines of at most `width` pixels, broken at blanks, or within words that are longer. Never empty.
std::vector<std::string> wrapped(std::string_view text, int size, int width);

}  // namespace darkroom::plot
