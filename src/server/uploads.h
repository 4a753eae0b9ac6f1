// Pictures that requests start from, kept on disk by their content until no job needs them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "imaging/image.h"

namespace darkroom::server {

class Uploads {
 public:
  /// `folder` is made when first needed.
  explicit Uploads(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Keeps the bytes of a picture. Returns the name that init_image and mask take: "upload:" and 64 hex digits.
  /// Throws Error: invalid_request for bytes that are no picture, io.
  std::string keep(std::string_view bytes) const;

  /// The bytes. Throws Error{not_found} for a name that keep() did not return.
  std::string bytes(std::string_view name) const;

  /// For requests: an upload. Other names are refused: over the network nobody reads our files.
  Image picture(const std::string& name) const;

  /// Removes those kept more than so many days ago; how many.
  int forget_older_than(int days) const;

 private:
  std::filesystem::path path_of(std::string_view name) const;
  std::filesystem::path folder_;
};

}  // namespace darkroom::server
