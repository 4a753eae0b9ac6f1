#include "diffusion/philox_random.h"

#include <algorithm>
#include <cmath>

#include "diffusion/wide.h"

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

DARKROOM_WIDE void philox_run(const PhiloxWords& counter, std::uint64_t key, std::int64_t count, std::uint32_t* out) {
  // Eight counters side by side, each step of the rounds a loop over them, which compilers turn into vectors.
  constexpr std::int64_t kWide = 8;
  for (std::int64_t first = 0; first < count; first += kWide) {
    std::uint32_t c0[kWide], c1[kWide], c2[kWide], c3[kWide];
    for (std::int64_t i = 0; i < kWide; ++i) {
      c0[i] = counter[0] + std::uint32_t(first + i);
      c1[i] = counter[1], c2[i] = counter[2], c3[i] = counter[3];
    }
    std::uint32_t k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
    for (int round = 0; round < 10; ++round) {
      for (std::int64_t i = 0; i < kWide; ++i) {
        const std::uint64_t a = std::uint64_t(c0[i]) * 0xD2511F53u, b = std::uint64_t(c2[i]) * 0xCD9E8D57u;
        c0[i] = std::uint32_t(b >> 32) ^ c1[i] ^ k0;
        c1[i] = std::uint32_t(b);
        c2[i] = std::uint32_t(a >> 32) ^ c3[i] ^ k1;
        c3[i] = std::uint32_t(a);
      }
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    for (std::int64_t i = 0; i < std::min(kWide, count - first); ++i) {
      std::uint32_t* words = out + 4 * (first + i);
      words[0] = c0[i], words[1] = c1[i], words[2] = c2[i], words[3] = c3[i];
    }
  }
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
