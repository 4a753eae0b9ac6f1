// Answers made smaller for browsers (RFC 9110, section 8.4; RFC 1952). The HTTP library would take brotli at its
// slowest where a browser names it: 0.8 s for the page's script, on the way to the same machine.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::server {

/// Whether who sent this "Accept-Encoding" takes gzip.
bool accepts_gzip(std::string_view accept_encoding);

/// Whether it pays: text of more than a packet, and less than what is pictures in base64.
bool is_worth_gzip(std::string_view type, std::size_t size);

/// Throws std::bad_alloc.
std::string gzipped(std::string_view bytes);

}  // namespace darkroom::server
