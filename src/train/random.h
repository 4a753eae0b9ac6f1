// Randomness of training: every draw depends on (seed, purpose, index) alone, never on what was drawn before. Resuming
// at step n therefore needs no generator state, and a longer run starts with the same steps as a shorter one.
#pragma once

#include <cstdint>
#include <vector>

#include "base/tensor.h"

namespace darkroom::train {

enum class Purpose : uint64_t { initial_weights = 1, order, batch, validation, picture, dropout };

/// A libtorch CPU generator for one use, e.g. Purpose::batch at step 17.
at::Generator generator_for(uint64_t seed, Purpose purpose, uint64_t index);

/// Numbers 0..count-1 in random order.
std::vector<int64_t> shuffled(at::Generator generator, int64_t count);

/// The same in the order of one epoch.
std::vector<int64_t> epoch_order(uint64_t seed, uint64_t epoch, int64_t count);

/// A uniform whole number in 0..bound-1, and a uniform real in [0, 1).
int64_t random_index(at::Generator& generator, int64_t bound);
double random_unit(at::Generator& generator);

/// `count` whole numbers [count] int64, each uniform in 0..timesteps-1 and together spread evenly over them: one random
/// offset, then equal distances (Kingma et al., arXiv 2107.00630, appendix I.1). Less noise in the loss than
/// independent draws.
Tensor stratified_timesteps(int64_t count, int64_t timesteps, at::Generator& generator);

/// Which element of a list of `count` every place of step `step`'s batch takes: epochs follow one another without gaps,
/// each in its own order.
std::vector<int64_t> batch_indices(uint64_t seed, int64_t step, int64_t batch_size, int64_t count);

}  // namespace darkroom::train
