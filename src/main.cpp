// Errors become messages and exit codes here, and only here.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

#include "base/error.h"
#include "cli/program.h"

namespace {

int exit_code(darkroom::ErrorKind kind) {
  using darkroom::ErrorKind;
  switch (kind) {
    case ErrorKind::invalid_request:
      return 2;
    case ErrorKind::not_found:
      return 3;
    case ErrorKind::corrupt_file:
    case ErrorKind::unsupported:
      return 4;
    case ErrorKind::io:
      return 5;
    case ErrorKind::out_of_memory:
      return 6;
    case ErrorKind::cancelled:
      return 130;
    case ErrorKind::internal:
      return 1;
  }
  return 1;
}

int report(const char* message, darkroom::ErrorKind kind) {
  std::fprintf(stderr, "darkroom: %s\n", message);
  return exit_code(kind);
}

int run(int argc, char** argv) {
  using darkroom::ErrorKind;
  try {
    return darkroom::cli::run_program(argc, argv);
  } catch (const darkroom::Error& error) {
    return report(error.what(), error.kind());
  } catch (const std::bad_alloc&) {
    return report("out of memory; try a smaller size or batch", ErrorKind::out_of_memory);
  } catch (const std::exception& error) {
    return report(error.what(), ErrorKind::internal);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int code = run(argc, argv);
  // Nothing of ours is left to be closed. Without this libtorch takes its two thousand operators apart, a tenth of a
  // second.
  std::fflush(nullptr);
  std::_Exit(code);
}
