#include "diffusion/philox_random.h"

#include <cmath>

namespace darkroom::diffusion {

PhiloxWords philox(PhiloxWords counter, std::uint64_t key) {
  std::uint32_t keys[2] = {std::uint32_t(key), std::uint32_t(key >> 32)};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t(counter[0]) * 0xD2511F53u, b = std::uint64_t(counter[2]) * 0xCD9E8D57u;
    counter = {std::uint32_t(b >> 32) ^ counter[1] ^ keys[0], std::uint32_t(b),
               std::uint32_t(a >> 32) ^ counter[3] ^ keys[1], std::uint32_t(a)};
    keys[0] += 0x9E3779B9u;
    keys[1] += 0xBB67AE85u;
  }
  return counter;
}

Tensor PhiloxGenerator::randn(at::IntArrayRef shape) {
  const Tensor out = at::empty(shape, at::kFloat);
  float* values = out.data_ptr<float>();
  // Parity: the reference's 2 pi / 2^32 is a float32, everything else float64.
  constexpr double kUnit = 0x1p-32, kAngle = float(2 * M_PI * 0x1p-32);
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    const PhiloxWords words = philox({calls_, 0, std::uint32_t(i), 0}, seed_);
    const double u = words[0] * kUnit + kUnit / 2, angle = words[1] * kAngle + kAngle / 2;
    values[i] = float(std::sqrt(-2 * std::log(u)) * std::sin(angle));
  }
  ++calls_;
  return out;
}

}  // namespace darkroom::diffusion
