#include "generate/files_below.h"

#include <algorithm>
#include <string>

namespace darkroom::generate {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& folder, std::initializer_list<std::string_view> endings) {
  std::vector<fs::path> files;
  std::error_code problem;
  const auto options = fs::directory_options::follow_directory_symlink | fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(folder, options, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    std::error_code ignored;
    const std::string ending = entry->path().extension().string();
    const bool is_wanted = std::find(endings.begin(), endings.end(), ending) != endings.end();
    if (is_wanted && entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace darkroom::generate
