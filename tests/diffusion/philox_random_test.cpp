#include "diffusion/philox_random.h"

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Philox, CallsAreTheReferences) {
  for (const auto& row : golden("rng.json").at("philox")) {
    PhiloxGenerator generator(row.at("seed").get<uint64_t>());
    for (const auto& call : row.at("calls")) {
      const std::vector<float> expected = floats(call);
      const Tensor found = generator.randn({int64_t(expected.size())});
      EXPECT_LE(largest_difference(found, at::tensor(expected)), 1e-6) << row.at("seed");
    }
  }
}

// Salmon et al. 2011, known-answer vectors of the Random123 distribution for philox4x32-10.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, 0), (PhiloxWords{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, ~std::uint64_t(0)),
            (PhiloxWords{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822),
            (PhiloxWords{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, ManyAtOnceAreTheSame) {
  for (const std::int64_t count : {1, 7, 8, 9, 100}) {
    std::vector<std::uint32_t> found(size_t(4 * count));
    philox_run({0xfffffff0u, 5, 6, 7}, 0x123456789abcdefull, count, found.data());
    for (std::int64_t i = 0; i < count; ++i) {
      const PhiloxWords expected = philox({0xfffffff0u + std::uint32_t(i), 5, 6, 7}, 0x123456789abcdefull);
      for (size_t k = 0; k < 4; ++k) EXPECT_EQ(found[size_t(4 * i) + k], expected[k]) << i;
    }
  }
}

TEST(Philox, UsesAllBitsOfTheSeed) {
  PhiloxGenerator low(1), high(1 + (uint64_t(1) << 32));
  EXPECT_FALSE(low.randn({8}).equal(high.randn({8})));
}

}  // namespace
}  // namespace darkroom::diffusion
