// Parts of a group normalisation of pictures whose channels lie side by side ("channels last"). No tensors here.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// Per channel over `pixels` rows of `channels` floats: sums of x - shift[channel] and of its square are added.
void add_channel_sums(const float* x, std::int64_t pixels, std::int64_t channels, const float* shift, double* sums,
                      double* squares);

/// y = x * factor[channel] + offset[channel], and with `silu` y / (1 + exp(-y)) of that. x and y may be the same.
void scale_channels(const float* x, float* y, std::int64_t pixels, std::int64_t channels, const float* factor,
                    const float* offset, bool silu);

}  // namespace darkroom::layers
