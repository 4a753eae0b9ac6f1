#include "plot/text.h"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <algorithm>

#include "base/error.h"
#include "formats/utf8.h"

extern "C" const unsigned char darkroom_dejavu_sans[];
extern "C" const unsigned char darkroom_dejavu_sans_end[];

namespace darkroom::plot {
namespace {

/// The font at the size it was last asked for. Drawing happens on one thread.
class Font {
 public:
  Font() {
    const auto bytes = FT_Long(darkroom_dejavu_sans_end - darkroom_dejavu_sans);
    const bool ready =
        FT_Init_FreeType(&library_) == 0 && FT_New_Memory_Face(library_, darkroom_dejavu_sans, bytes, 0, &face_) == 0;
    require(ready, ErrorKind::internal, "read the font that is part of the program: FreeType refused");
  }
  ~Font() { FT_Done_FreeType(library_); }
  Font(const Font&) = delete;
  Font& operator=(const Font&) = delete;

  FT_Face at(int size) {
    FT_Set_Pixel_Sizes(face_, 0, FT_UInt(std::clamp(size, 1, 1000)));
    return face_;
  }

 private:
  FT_Library library_ = nullptr;
  FT_Face face_ = nullptr;
};

FT_Face face_at(int size) {
  static Font font;
  return font.at(size);
}

char32_t next_character(std::string_view& text) {
  const auto c = formats::first_code_point(text);
  text.remove_prefix(c ? c->bytes : 1);
  return c ? c->value : 0xFFFD;
}

int advance(FT_Face face, char32_t c) {
  return FT_Load_Char(face, c, FT_LOAD_DEFAULT) == 0 ? int(face->glyph->advance.x / 64) : 0;
}

void blend(Image& image, int x, int y, int coverage, uint8_t grey) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  uint8_t* pixel = image.pixel(x, y);
  for (int c = 0; c < 3; ++c) pixel[c] = uint8_t((pixel[c] * (255 - coverage) + grey * coverage + 127) / 255);
}

void draw_glyph(Image& image, int x, int baseline, FT_GlyphSlot glyph, uint8_t grey) {
  const FT_Bitmap& bitmap = glyph->bitmap;
  for (int row = 0; row < int(bitmap.rows); ++row)
    for (int column = 0; column < int(bitmap.width); ++column)
      blend(image, x + glyph->bitmap_left + column, baseline - glyph->bitmap_top + row,
            bitmap.buffer[row * bitmap.pitch + column], grey);
}

/// The longest beginning of `word` that fits, at least one character.
std::string_view beginning(std::string_view word, int size, int width) {
  std::string_view rest = word;
  size_t fits = 0;
  while (!rest.empty()) {
    next_character(rest);
    const size_t taken = word.size() - rest.size();
    if (fits > 0 && text_width(word.substr(0, taken), size) > width) break;
    fits = taken;
  }
  return word.substr(0, fits);
}

}  // namespace

int text_width(std::string_view line, int size) {
  FT_Face face = face_at(size);
  int width = 0;
  while (!line.empty()) width += advance(face, next_character(line));
  return width;
}

int line_height(int size) {
  return int((face_at(size)->size->metrics.height + 63) / 64);
}

void draw_text(Image& image, int x, int y, std::string_view line, int size, uint8_t grey) {
  FT_Face face = face_at(size);
  const int baseline = y + int((face->size->metrics.ascender + 63) / 64);
  while (!line.empty()) {
    const char32_t c = next_character(line);
    if (FT_Load_Char(face, c, FT_LOAD_RENDER) != 0) continue;
    draw_glyph(image, x, baseline, face->glyph, grey);
    x += int(face->glyph->advance.x / 64);
  }
}

std::vector<std::string> wrapped(std::string_view text, int size, int width) {
  std::vector<std::string> lines = {""};
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    std::string_view word = text.substr(0, end);
    const bool is_line_end = end < text.size() && text[end] == '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string joined = lines.back() + (lines.back().empty() ? "" : " ") + std::string(word);
    if (text_width(joined, size) <= width) {
      lines.back() = joined;
    } else {
      if (!lines.back().empty()) lines.emplace_back();
      while (text_width(word, size) > width && beginning(word, size, width).size() < word.size()) {
        lines.back() = beginning(word, size, width);
        word.remove_prefix(lines.back().size());
        lines.emplace_back();
      }
      lines.back() = word;
    }
    if (is_line_end) lines.emplace_back();
  }
  return lines;
}

}  // namespace darkroom::plot
