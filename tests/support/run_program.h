// Runs the program as a user would and keeps what it said.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "formats/support.h"

namespace darkroom {

/// The tiny random models: kTiny + "sd15" is a diffusers folder, kTiny + "sd15.safetensors" a single file.
inline const std::string kTiny = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/";

struct ProgramResult {
  int code = -1;  ///< exit code; 128 + signal if a signal ended it
  std::string out;
  std::string err;
};

inline std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

/// `before`: shell commands that set the scene, such as "ulimit -f 1;". Runs in `folder`.
inline ProgramResult run_program(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                                 const std::string& before = "") {
  const formats::TemporaryFolder logs;
  std::string command = before + " exec " + shell_quoted(DARKROOM_PROGRAM);
  for (const std::string& argument : arguments) command += " " + shell_quoted(argument);
  const std::string err = (logs / "err").string(), out = (logs / "out").string();
  command = "cd " + shell_quoted(folder.string()) + " && { sh -c " + shell_quoted(command) + "; } >" +
            shell_quoted(out) + " 2>" + shell_quoted(err) + " </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), formats::content_of(out),
          formats::content_of(err)};
}

}  // namespace darkroom
