// Uniform numbers become normal ones, the same on every machine: no call of the C library, whose last digits differ.
#pragma once

#include <cstdint>

namespace darkroom::diffusion {

/// Where the standard normal distribution has the share p below it, to about 1e-15. Requires: 0 < p < 1.
/// Wichura 1988, algorithm AS 241 (PPND16).
double normal_quantile(double p);

/// normal_quantile((words[i] + 0.5) / 2^32) of `count` random words, rounded to float: the same bits, faster.
void normal_quantiles(const std::uint32_t* words, std::int64_t count, float* out);

/// ln(x), to about 1e-15, from additions, multiplications and divisions alone. Requires: x > 0, normal.
double portable_log(double x);

}  // namespace darkroom::diffusion
