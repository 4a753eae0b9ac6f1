// Seeds from seeds, as numpy's SeedSequence spreads them (O'Neill, "Developing a seed_seq alternative", 2015). torchsde
// seeds the nodes of its Brownian tree with it.
#pragma once

#include <cstdint>
#include <vector>

namespace darkroom::diffusion {

/// The first word of numpy.random.SeedSequence(entropy, spawn_key=spawn_key, pool_size=24).generate_state(1).
std::uint32_t seed_sequence(std::uint64_t entropy, const std::vector<std::uint32_t>& spawn_key = {});

/// The first `count` words of the same.
std::vector<std::uint32_t> seed_sequence_state(std::uint64_t entropy, const std::vector<std::uint32_t>& spawn_key,
                                               int count);

}  // namespace darkroom::diffusion
