#include "generate/default_model.h"

#include <system_error>

#include "base/error.h"

namespace darkroom::generate {

namespace fs = std::filesystem;

fs::path default_model() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  std::string searched;
  for (const char* place : {"models/emoji", "../models/emoji", "../share/darkroom/models/emoji"}) {
    const fs::path folder = (program / place).lexically_normal();
    if (fs::exists(folder / "model_index.json", ignored)) return folder;
    searched += (searched.empty() ? "" : ", ") + folder.string();
  }
  fail(ErrorKind::not_found,
       "find the model that comes with Darkroom: it must be in one of {}; name another with --model", searched);
}

}  // namespace darkroom::generate
