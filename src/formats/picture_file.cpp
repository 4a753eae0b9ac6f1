#include "formats/picture_file.h"

#include <algorithm>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/jpeg.h"
#include "formats/mapped_file.h"
#include "formats/png.h"
#include "formats/utf8.h"
#include "formats/webp.h"

namespace darkroom::formats {
namespace {

PictureFile from_png(std::span<const std::byte> file) {
  PngFile png = read_png_bytes(file);
  PictureFile picture{FileKind::png, std::move(png.image), {}};
  for (PngText& text : png.texts) picture.texts.emplace(std::move(text.keyword), std::move(text.text));
  return picture;
}

PictureFile with_exif(FileKind kind, Image image, const Exif& exif) {
  PictureFile picture{kind, upright(std::move(image), exif.orientation), {}};
  if (!exif.comment.empty()) picture.texts["parameters"] = exif.comment;
  return picture;
}

}  // namespace

PictureFile read_picture_bytes(std::span<const std::byte> file) {
  switch (const FileKind kind = file_kind(file)) {
    case FileKind::png:
      return from_png(file);
    case FileKind::jpeg: {
      JpegFile jpeg = read_jpeg_bytes(file);
      return with_exif(kind, std::move(jpeg.image), jpeg.exif);
    }
    case FileKind::webp: {
      WebpFile webp = read_webp_bytes(file);
      return with_exif(kind, std::move(webp.image), webp.exif);
    }
    default:
      fail(ErrorKind::unsupported, "a picture must be a PNG, JPEG or WebP, this is {}", file_kind_name(kind));
  }
}

PictureFile read_picture(const std::filesystem::path& path) {
  const MappedFile file = map_file(path);
  try {
    return read_picture_bytes(file.bytes);
  } catch (const Error& error) {
    throw error.within(fmt::format("read {}", in_quotes(path.string())));
  }
}

PictureFormat format_of_name(const std::filesystem::path& name, int quality) {
  std::string ending = name.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (ending == ".png") return {FileKind::png, quality};
  if (ending == ".jpg" || ending == ".jpeg") return {FileKind::jpeg, quality};
  if (ending == ".webp") return {FileKind::webp, quality};
  fail(ErrorKind::invalid_request, "write {}: the name of a picture must end in .png, .jpg or .webp",
       in_quotes(name.string()));
}

std::string encode_picture(const Image& image, const std::string& recipe, const PictureFormat& format) {
  if (format.kind == FileKind::jpeg) return encode_jpeg(image, format.quality, recipe);
  if (format.kind == FileKind::webp) return encode_webp(image, format.quality, recipe);
  require(format.kind == FileKind::png, ErrorKind::internal, "write a picture as {}", file_kind_name(format.kind));
  return recipe.empty() ? encode_png(image) : encode_png(image, {{"parameters", recipe}});
}

void write_picture(const std::filesystem::path& path, const Image& image, const std::string& recipe, int quality) {
  const PictureFormat format = format_of_name(path, quality);
  try {
    write_file(path, encode_picture(image, recipe, format));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid_request) throw;
    throw error.within(in_quotes(path.string()));
  }
}

}  // namespace darkroom::formats
