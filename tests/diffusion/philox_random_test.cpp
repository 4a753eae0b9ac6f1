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

TEST(Philox, UsesAllBitsOfTheSeed) {
  PhiloxGenerator low(1), high(1 + (uint64_t(1) << 32));
  EXPECT_FALSE(low.randn({8}).equal(high.randn({8})));
}

}  // namespace
}  // namespace darkroom::diffusion
