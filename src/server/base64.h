// Base64 (RFC 4648) and what clients wrap it in.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace darkroom::server {

std::string base64(std::string_view bytes);

/// The bytes; blanks and line ends between are passed over, the padding may be missing. "data:image/png;base64,..." has
/// its front taken off. Throws Error{invalid_request}.
std::string bytes_of_base64(std::string_view text);

}  // namespace darkroom::server
