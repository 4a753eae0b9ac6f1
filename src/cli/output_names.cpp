#include "cli/output_names.h"

#include <algorithm>
#include <charconv>
#include <regex>
#include <system_error>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/picture_file.h"

namespace darkroom::cli {
namespace {

namespace fs = std::filesystem;

/// One more than the highest number that file names in the folder start with.
int next_number(const fs::path& folder) {
  int next = 0;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    const std::string name = entry.path().filename().string();
    int number = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (failed == std::errc() && *end == '-' && number < 99'999'999) next = std::max(next, number + 1);
  }
  return next;
}

}  // namespace

OutputNames::OutputNames(const std::string& option, int pictures) {
  const fs::path path = option.empty() ? fs::path("outputs/") : fs::path(option);
  std::error_code ignored;
  if (!path.has_filename() || fs::is_directory(path, ignored)) {
    folder_ = path;
    first_ = next_number(folder_);
    digits_ = 5;
    numbers_and_seeds_ = true;
    return;
  }
  folder_ = path.parent_path();
  const std::string name = path.filename().string();
  formats::format_of_name(path);  // refuses other endings
  std::smatch number;
  if (std::regex_search(name, number, std::regex("%(0?)([1-9]?)d"))) {
    digits_ = std::max(1, number.length(2) ? number.str(2)[0] - '0' : 1);
    before_ = number.prefix();
    after_ = number.suffix();
  } else {
    digits_ = pictures > 1 ? 5 : 0;
    before_ = path.stem().string() + (pictures > 1 ? "-" : "");
    after_ = path.extension().string();
  }
}

fs::path OutputNames::path(int index, int64_t seed) const {
  if (numbers_and_seeds_) return folder_ / fmt::format("{:05}-{}.png", first_ + index, seed);
  return folder_ / (digits_ ? fmt::format("{}{:0{}}{}", before_, index, digits_, after_) : before_ + after_);
}

bool OutputNames::make_folder() const {
  // Whoever names one file has misspelt a missing folder; whoever names a folder for many may well mean a new one.
  std::error_code ignored;
  return digits_ && !folder_.empty() && fs::create_directory(folder_.lexically_normal(), ignored);
}

void OutputNames::require_writable() const {
  const bool is_new = make_folder();
  { formats::AtomicFile unfinished(path(0, 0)); }
  std::error_code ignored;
  if (is_new) fs::remove(folder_.lexically_normal(), ignored);
}

}  // namespace darkroom::cli
