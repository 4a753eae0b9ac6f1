// What every fuzz target promises: arbitrary bytes end in a result or in an Error that blames them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"

namespace darkroom::fuzz {

/// Calls `parse` with a copy of the bytes on the heap, so that the address sanitizer sees the smallest step beyond.
/// Any other exception, and Error{internal}, which means "our own mistake", ends the program: a finding.
template <typename Parse>
int run(const uint8_t* data, size_t size, Parse parse) {
  const auto copy = std::make_shared<std::vector<uint8_t>>(data, data + size);
  try {
    parse(std::as_bytes(std::span(*copy)), std::shared_ptr<const void>(copy));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) {
      std::fprintf(stderr, "%s\n", error.what());
      std::abort();
    }
  }
  return 0;
}

/// A finding unless `condition` holds.
inline void check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace darkroom::fuzz
