#include "cli/program.h"

#include <CLI/CLI.hpp>

#include "base/version.h"
#include "cli/subcommands.h"

namespace darkroom::cli {

int run_program(int argc, const char* const* argv) {
  CLI::App program("Darkroom: pictures from words, without Python.", "darkroom");
  program.set_version_flag("--version", std::string("darkroom ") + std::string(version()));
  program.require_subcommand(1);
  add_generate(program);
  add_inspect(program);
  add_convert(program);
  add_train(program);
  add_runs(program);
  add_lab(program);
  add_bench(program);
  add_lora(program);
  add_prompt(program);
  add_precision(program);
  add_guidance(program);
  add_replay(program);
  add_serve(program);
  add_xyz(program);
  add_matrix(program);
  add_upscale(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;  // --help and --version arrive here too
  }
  return 0;
}

}  // namespace darkroom::cli
