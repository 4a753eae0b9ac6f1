#include "server/uploads.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <system_error>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/mapped_file.h"
#include "formats/picture_file.h"
#include "formats/sha256.h"
#include "formats/utf8.h"
#include "generate/source_picture.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPrefix = "upload:";

std::span<const std::byte> bytes_in(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

std::string Uploads::keep(std::string_view bytes) const {
  require(!bytes.empty(), ErrorKind::invalid_request, "read a picture: there are no bytes");
  try {
    const formats::PictureFile file = formats::read_picture_bytes(bytes_in(bytes));
    const int64_t pixels = int64_t(file.image.width) * file.image.height;
    require(pixels <= generate::kMostSourcePixels, ErrorKind::invalid_request, "at most {} pixels are taken, it has {}",
            generate::kMostSourcePixels, pixels);
  } catch (const Error& error) {
    throw Error(ErrorKind::invalid_request, std::string("read a picture: ") + error.what());
  }
  formats::Sha256 sum;
  sum.add(bytes);
  const std::string name = std::string(kPrefix) + sum.hex();
  const fs::path path = path_of(name);
  if (!fs::exists(path)) {
    fs::create_directories(folder_);
    formats::write_file(path, bytes);
  } else {
    fs::last_write_time(path, fs::file_time_type::clock::now());  // needed again
  }
  return name;
}

fs::path Uploads::path_of(std::string_view name) const {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  const std::string_view digits = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : std::string_view();
  require(digits.size() == 64 && std::all_of(digits.begin(), digits.end(), is_hex), ErrorKind::not_found,
          "{} is no picture that was uploaded", formats::in_quotes(name));
  return folder_ / digits;
}

std::string Uploads::bytes(std::string_view name) const {
  const fs::path path = path_of(name);
  require(fs::exists(path), ErrorKind::not_found, "the uploaded picture {} is no longer there; upload it again",
          formats::in_quotes(name));
  const formats::MappedFile file = formats::map_file(path);
  return std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
}

Image Uploads::picture(const std::string& name) const {
  return formats::read_picture_bytes(bytes_in(bytes(name))).image;
}

int Uploads::forget_older_than(int days) const {
  int forgotten = 0;
  std::error_code ignored;
  const auto oldest = fs::file_time_type::clock::now() - std::chrono::hours(24 * days);
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    if (!entry.is_regular_file(ignored) || entry.last_write_time(ignored) > oldest) continue;
    forgotten += fs::remove(entry.path(), ignored);
  }
  return forgotten;
}

}  // namespace darkroom::server
