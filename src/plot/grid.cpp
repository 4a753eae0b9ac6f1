#include "plot/grid.h"

#include <algorithm>

#include "base/error.h"
#include "formats/png.h"
#include "plot/text.h"

namespace darkroom::plot {
namespace {

constexpr uint8_t kBlack = 0, kGrey = 153;

/// A legend broken into lines.
struct Block {
  std::vector<LegendLine> lines;
  int width = 0;
};

Block block_of(const Legend& legend, int size, int width) {
  Block block;
  for (const LegendLine& line : legend) {
    for (std::string& part : wrapped(line.text, size, width)) {
      block.width = std::max(block.width, text_width(part, size));
      block.lines.push_back({std::move(part), line.applies});
    }
  }
  return block;
}

std::vector<Block> blocks_of(const std::vector<Legend>& legends, int size, int width) {
  std::vector<Block> blocks;
  for (const Legend& legend : legends) blocks.push_back(block_of(legend, size, width));
  return blocks;
}

void strike_through(Image& image, int x, int y, int width) {
  for (int i = std::max(x, 0); i < std::min(x + width, image.width); ++i)
    if (y >= 0 && y < image.height) std::fill_n(image.pixel(i, y), 3, kGrey);
}

/// Around the middle of a box.
void draw_block(Image& image, const Block& block, int size, int middle_x, int middle_y) {
  const int height = line_height(size);
  int y = middle_y - int(block.lines.size()) * height / 2;
  for (const LegendLine& line : block.lines) {
    const int width = text_width(line.text, size), x = middle_x - width / 2;
    draw_text(image, x, y, line.text, size, line.applies ? kBlack : kGrey);
    if (!line.applies) strike_through(image, x, y + height / 2, width);
    y += height;
  }
}

/// `from` over white, its corner at x, y.
void paste(Image& to, const Image& from, int x, int y) {
  for (int row = 0; row < from.height; ++row) {
    for (int column = 0; column < from.width; ++column) {
      const uint8_t* pixel = from.pixel(column, row);
      const int alpha = from.channels == 4 ? pixel[3] : 255;
      for (int c = 0; c < 3; ++c) {
        const int value = pixel[from.channels < 3 ? 0 : c];
        to.pixel(x + column, y + row)[c] = uint8_t((value * alpha + 255 * (255 - alpha) + 127) / 255);
      }
    }
  }
}

struct Layout {
  int width = 0, height = 0;  ///< of a cell
  int size = 0;               ///< of the letters
  int left = 0, top = 0;      ///< where the cells begin
};

Layout layout_of(const std::vector<Image>& cells) {
  Layout layout;
  for (const Image& cell : cells) {
    layout.width = std::max(layout.width, cell.width);
    layout.height = std::max(layout.height, cell.height);
  }
  layout.size = std::max(11, (layout.width + layout.height) / 28);
  return layout;
}

}  // namespace

Image grid(const std::vector<Image>& cells, int columns, const Legends& legends) {
  const int rows = columns > 0 ? int(cells.size()) / columns : 0;
  require(rows > 0 && size_t(rows) * columns == cells.size() &&
              (legends.columns.empty() || legends.columns.size() == size_t(columns)) &&
              (legends.rows.empty() || legends.rows.size() == size_t(rows)),
          ErrorKind::internal, "put {} pictures into {} columns with {} and {} legends", cells.size(), columns,
          legends.columns.size(), legends.rows.size());
  Layout layout = layout_of(cells);
  const int pad = layout.size / 2, height = line_height(layout.size);
  const auto tops = blocks_of(legends.columns, layout.size, std::max(layout.width - 2 * pad, 1));
  const auto sides = blocks_of(legends.rows, layout.size, std::max(layout.width * 3 / 4, 8 * layout.size));
  for (const Block& block : tops) layout.top = std::max(layout.top, int(block.lines.size()) * height + 2 * pad);
  for (const Block& block : sides) layout.left = std::max(layout.left, block.width + 2 * pad);
  const int64_t wide = layout.left + int64_t(columns) * layout.width, high = layout.top + int64_t(rows) * layout.height;
  require(wide <= formats::kMaxPngSide && high <= formats::kMaxPngSide, ErrorKind::invalid_request,
          "put {} x {} pictures into one: it must be at most {} pixels on each side, would be {} x {}; take fewer "
          "values or smaller pictures",
          columns, rows, formats::kMaxPngSide, wide, high);
  Image image(int(wide), int(high), 3);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t(255));
  for (size_t i = 0; i < cells.size(); ++i) {
    const int x = layout.left + int(i) % columns * layout.width, y = layout.top + int(i) / columns * layout.height;
    paste(image, cells[i], x + (layout.width - cells[i].width) / 2, y + (layout.height - cells[i].height) / 2);
  }
  for (size_t i = 0; i < tops.size(); ++i)
    draw_block(image, tops[i], layout.size, layout.left + int(i) * layout.width + layout.width / 2, layout.top / 2);
  for (size_t i = 0; i < sides.size(); ++i)
    draw_block(image, sides[i], layout.size, layout.left / 2, layout.top + int(i) * layout.height + layout.height / 2);
  return image;
}

}  // namespace darkroom::plot
