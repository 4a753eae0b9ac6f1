// What this machine can do at best, and what this process has taken of it.
#pragma once

#include <functional>

#include "bench/figures.h"

namespace darkroom::bench {

/// Without its bandwidth.
Machine this_machine();

/// Of as many threads as libtorch uses: the fastest of a few runs, about 30 ms together.
Peak measure_peak();

/// Bytes read per second from more memory than caches hold; takes 256 MiB for a moment.
double measure_bandwidth();

/// Since this process was started, to 10 ms.
double seconds_since_process_start();

/// The most memory it has had so far, in bytes (VmHWM). 0 where the system does not say.
std::int64_t most_resident_bytes();

/// Calls `once` at least three times and for about a second, at most 15 times.
Timing timed(const std::function<void()>& once);
/// Of seconds that were taken already. Requires: at least one.
Timing timing_of(std::vector<double> seconds);
double seconds_of(const std::function<void()>& once);

}  // namespace darkroom::bench
