#include "server/access.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "server/base64.h"

namespace darkroom::server {
namespace {

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

/// Takes as long for any two texts of these lengths.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = unsigned(a.size() ^ b.size());
  for (size_t i = 0; i < a.size(); ++i)
    difference |= unsigned(uint8_t(a[i]) ^ uint8_t(b[b.empty() ? 0 : i % b.size()]));
  return difference == 0 && !b.empty();
}

std::string_view without_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  return colon == std::string_view::npos || host.ends_with(']') ? host : host.substr(0, colon);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return result;
}

}  // namespace

Access::Access(const std::string& address, std::string_view users) : address_(address) {
  while (!users.empty()) {
    const size_t comma = std::min(users.find(','), users.size());
    const std::string_view one = users.substr(0, comma);
    users.remove_prefix(std::min(comma + 1, users.size()));
    const size_t colon = one.find(':');
    require(colon != std::string_view::npos && colon > 0 && colon + 1 < one.size(), ErrorKind::invalid_request,
            "--api-auth: name:password is needed, several with commas between");
    users_[std::string(one.substr(0, colon))] = one.substr(colon + 1);
  }
  require(is_loopback(address_) || !users_.empty(), ErrorKind::invalid_request,
          "listen on {}: other computers can reach that address, so somebody must be asked to sign in; give "
          "--api-auth name:password, or listen on 127.0.0.1",
          address_);
}

bool Access::is_own_host(std::string_view host) const {
  const std::string name = lower(without_port(host));
  // With users, any name may lead here; without, only names of this machine: another site's name that was pointed to
  // it (DNS rebinding) is refused.
  return has_users() || is_loopback(name) || name == address_;
}

Verdict Access::verdict(const Caller& caller) const {
  if (!is_own_host(caller.host)) return {403, "", "the Host header names another machine"};
  if (caller.changes_something && !caller.origin.empty()) {
    const size_t slashes = caller.origin.find("://");
    const std::string_view from =
        slashes == std::string::npos ? std::string_view() : std::string_view(caller.origin).substr(slashes + 3);
    if (lower(from) != lower(caller.host)) return {403, "", "a page of another site may not change anything here"};
  }
  if (!has_users()) return {};
  constexpr std::string_view kBasic = "Basic ";
  if (!caller.authorization.starts_with(kBasic)) return {401, "", "sign in with name and password"};
  try {
    const std::string said = bytes_of_base64(std::string_view(caller.authorization).substr(kBasic.size()));
    const size_t colon = said.find(':');
    const auto user = colon == std::string::npos ? users_.end() : users_.find(said.substr(0, colon));
    if (user != users_.end() && equal_in_constant_time(said.substr(colon + 1), user->second))
      return {200, user->first, ""};
  } catch (const Error&) {
    // As a wrong password.
  }
  return {401, "", "there is no such name with this password"};
}

}  // namespace darkroom::server
