#include "server/gzip.h"

#include <zlib.h>

#include <new>

#include "base/error.h"

namespace darkroom::server {

constexpr std::size_t kPacket = 1400, kMost = std::size_t(1) << 20;
constexpr int kGzipWindow = 15 + 16;  // zlib's largest, and gzip's frame instead of zlib's
constexpr int kMemoryLevel = 8;       // zlib's default

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    std::string_view one = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size() : comma + 1);
    const std::size_t mark = one.find(';');
    std::string weight(mark == std::string_view::npos ? "" : one.substr(mark + 1));
    std::erase(weight, ' ');
    one = one.substr(0, mark);
    const std::size_t first = one.find_first_not_of(" \t"), last = one.find_last_not_of(" \t");
    if (first == std::string_view::npos || one.substr(first, last - first + 1) != "gzip") continue;
    return weight.find_first_not_of("q=0.") != std::string::npos || weight.empty();
  }
  return false;
}

bool is_worth_gzip(std::string_view type, std::size_t size) {
  const bool is_text = type.starts_with("text/") || type.starts_with("application/json") ||
                       type.starts_with("application/manifest+json") || type.starts_with("image/svg+xml");
  return is_text && size > kPacket && size <= kMost;
}

std::string gzipped(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string packed(deflateBound(&stream, uLong(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = uInt(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = uInt(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  require(result == Z_STREAM_END, ErrorKind::internal, "compress {} bytes of an answer: zlib says {}", bytes.size(),
          result);
  return packed;
}

}  // namespace darkroom::server
