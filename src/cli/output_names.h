// Where pictures go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace darkroom::cli {

/// What `-o` says:
///   nothing       outputs/NNNNN-SEED.png, as A1111 names pictures; NNNNN goes on from the highest number there is
///   a folder (or a name that ends in "/")   the same in that folder
///   DIR/%05d.png  numbered from 0
///   a.png         that file; for several pictures a-00000.png, a-00001.png, ...
/// Names may end in .jpg or .webp instead.
class OutputNames {
 public:
  /// Throws Error{invalid_request} for a name that does not end so.
  OutputNames(const std::string& option, int pictures);

  /// Of picture `index` (from 0) of this run.
  std::filesystem::path path(int index, int64_t seed) const;

  /// Makes the folder if it is missing (not above it) and several files may go there; whether it was made.
  bool make_folder() const;

  /// Tries whether files can be written, in a folder that make_folder() can make. Leaves nothing behind. Throws
  /// Error{io}, Error{invalid_request} as formats::AtomicFile does.
  void require_writable() const;

 private:
  std::filesystem::path folder_;
  std::string before_, after_;  ///< the file name is before, number, after; for `numbers_and_seeds_` see path()
  int digits_ = 0;              ///< 0 = one file, no number
  int first_ = 0;
  bool numbers_and_seeds_ = false;
};

}  // namespace darkroom::cli
