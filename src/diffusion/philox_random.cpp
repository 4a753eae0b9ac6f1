#include "diffusion/philox_random.h"

#include <array>
#include <cmath>

namespace darkroom::diffusion {
namespace {

using Words = std::array<std::uint32_t, 4>;

Words philox(Words counter, std::uint64_t seed) {
  std::uint32_t key[2] = {std::uint32_t(seed), std::uint32_t(seed >> 32)};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t(counter[0]) * 0xD2511F53u, b = std::uint64_t(counter[2]) * 0xCD9E8D57u;
    counter = {std::uint32_t(b >> 32) ^ counter[1] ^ key[0], std::uint32_t(b),
               std::uint32_t(a >> 32) ^ counter[3] ^ key[1], std::uint32_t(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

}  // namespace

Tensor PhiloxGenerator::randn(at::IntArrayRef shape) {
  const Tensor out = at::empty(shape, at::kFloat);
  float* values = out.data_ptr<float>();
  // Parity: the reference's 2 pi / 2^32 is a float32, everything else float64.
  constexpr double kUnit = 0x1p-32, kAngle = float(2 * M_PI * 0x1p-32);
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    const Words words = philox({calls_, 0, std::uint32_t(i), 0}, seed_);
    const double u = words[0] * kUnit + kUnit / 2, angle = words[1] * kAngle + kAngle / 2;
    values[i] = float(std::sqrt(-2 * std::log(u)) * std::sin(angle));
  }
  ++calls_;
  return out;
}

}  // namespace darkroom::diffusion
