#include "diffusion/seed_sequence.h"

#include "diffusion/golden.h"

namespace darkroom::diffusion {
namespace {

TEST(SeedSequence, StatesAreNumpys) {
  for (const auto& row : golden("rng.json").at("seed_sequence")) {
    ASSERT_EQ(row.at("pool_size"), 24);
    const auto key = row.at("spawn_key").get<std::vector<uint32_t>>();
    const auto state = seed_sequence_state(row.at("entropy").get<uint64_t>(), key, 4);
    EXPECT_EQ(state, row.at("state4").get<std::vector<uint32_t>>()) << row.at("entropy");
    EXPECT_EQ(seed_sequence(row.at("entropy").get<uint64_t>(), key), state[0]);
  }
}

}  // namespace
}  // namespace darkroom::diffusion
