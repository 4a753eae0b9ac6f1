// Pictures side by side, with what they have in common written at the top of each column and left of each row.
#pragma once

#include <string>
#include <vector>

#include "imaging/image.h"

namespace darkroom::plot {

/// One line of a legend; what does not apply is grey and struck through.
struct LegendLine {
  std::string text;
  bool applies = true;
};
using Legend = std::vector<LegendLine>;

struct Legends {
  std::vector<Legend> columns;  ///< as many as there are columns, or none
  std::vector<Legend> rows;     ///< as many as there are rows, or none
};

/// The cells row by row, centred in places as large as the largest of them, on white. Long legends are broken into
/// lines. Requires cells of grey, RGB or RGBA, as many as a whole number of rows. Throws Error{invalid_request} where
/// the grid would be wider or higher than a PNG may be.
Image grid(const std::vector<Image>& cells, int columns, const Legends& legends);

}  // namespace darkroom::plot
