// Who may ask. Passwords are compared in constant time; pages of other sites cannot make a browser change anything
// here.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace darkroom::server {

/// Of one request.
struct Caller {
  std::string host, origin, authorization;  ///< headers; "" where missing
  bool changes_something = false;           ///< POST, DELETE, ...
};

struct Verdict {
  int status = 200;  ///< 401 and 403 with a reason
  std::string user;  ///< "" where nobody signs in
  std::string reason;
};

class Access {
 public:
  /// `address`: what is listened on. `users`: "name:password,name:password", as A1111's --api-auth; empty = nobody
  /// signs in. Throws Error{invalid_request}: users that are none; an address others can reach without users.
  Access(const std::string& address, std::string_view users);

  Verdict verdict(const Caller& caller) const;
  bool has_users() const { return !users_.empty(); }

 private:
  bool is_own_host(std::string_view host) const;

  std::string address_;
  std::map<std::string, std::string> users_;
};

}  // namespace darkroom::server
