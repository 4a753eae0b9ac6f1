// The plain ATen expression defines an operation; a fast path may stand in for it. This switch leaves them all out, to
// compare with and to measure against.
#pragma once

namespace darkroom::layers {

/// On at start. Not thread-safe: set it before starting work.
void set_fast_paths(bool on);
bool fast_paths();

}  // namespace darkroom::layers
