// The command line as a whole.
#pragma once

namespace darkroom::cli {

/// Reads the arguments and runs the subcommand. Returns 0, or 2 for arguments that make no sense (said on stderr, with
/// the way to --help). Throws Error.
int run_program(int argc, const char* const* argv);

}  // namespace darkroom::cli
