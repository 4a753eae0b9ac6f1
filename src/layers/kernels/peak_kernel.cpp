#include "layers/kernels/peak_kernel.h"

#include "base/cpu.h"

// Vectors of a size unknown when compiling cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/peak_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
const hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

constexpr int kChains = 12;  // that do not wait for each other: latency 4 or 5, two a clock, and 16 registers

const char* name() {
  return hwy::TargetName(HWY_TARGET);
}

float multiply(std::int64_t rounds, double& flop) {
  const Vector factor = hn::Set(kTag, 0.9999f), offset = hn::Set(kTag, 0.0001f);
  Vector chains[kChains];
  for (int i = 0; i < kChains; ++i) chains[i] = hn::Set(kTag, float(i));  // equal ones would be computed once
  for (std::int64_t round = 0; round < rounds; ++round)
    for (int i = 0; i < kChains; ++i) chains[i] = hn::MulAdd(chains[i], factor, offset);
  Vector all = chains[0];
  for (int i = 1; i < kChains; ++i) all = hn::Add(all, chains[i]);
  flop = 2.0 * kChains * double(hn::Lanes(kTag)) * double(rounds);
  return hn::GetLane(all);
}

float sum(const float* numbers, std::int64_t count) {
  const std::int64_t n = std::int64_t(hn::Lanes(kTag));
  Vector a = hn::Zero(kTag), b = a, c = a, d = a;
  std::int64_t at = 0;
  for (; at + 4 * n <= count; at += 4 * n) {
    a = hn::Add(a, hn::LoadU(kTag, numbers + at)), b = hn::Add(b, hn::LoadU(kTag, numbers + at + n));
    c = hn::Add(c, hn::LoadU(kTag, numbers + at + 2 * n)), d = hn::Add(d, hn::LoadU(kTag, numbers + at + 3 * n));
  }
  float all = hn::GetLane(hn::SumOfLanes(kTag, hn::Add(hn::Add(a, b), hn::Add(c, d))));
  for (; at < count; ++at) all += numbers[at];
  return all;
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(name);
HWY_EXPORT(multiply);
HWY_EXPORT(sum);

const char* vector_instructions() {
  return HWY_DYNAMIC_DISPATCH(name)();
}

double multiply_in_registers(std::int64_t rounds) {
  double flop = 0;
  [[maybe_unused]] const volatile float result = HWY_DYNAMIC_DISPATCH(multiply)(rounds, flop);
  return flop;
}

float sum_of(const float* numbers, std::int64_t count) {
  return HWY_DYNAMIC_DISPATCH(sum)(numbers, count);
}

#if HWY_ARCH_X86
namespace {

constexpr int kBf16Chains = 16;  // latency 6, two a clock

// Highway 1.0 emulates bf16 products, so this one is written for the one instruction.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) double bf16_dot_products(std::int64_t rounds) {
  constexpr int kFlop = 64;  // 32 products, 32 additions an instruction
  const __m512bh left = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5f), _mm512_set1_ps(0.25f)), right = left;
  __m512 chains[kBf16Chains];
  for (int i = 0; i < kBf16Chains; ++i) chains[i] = _mm512_set1_ps(float(i));
  for (std::int64_t round = 0; round < rounds; ++round)
    for (int i = 0; i < kBf16Chains; ++i) chains[i] = _mm512_dpbf16_ps(chains[i], left, right);
  __m512 all = chains[0];
  for (int i = 1; i < kBf16Chains; ++i) all = _mm512_add_ps(all, chains[i]);
  [[maybe_unused]] const volatile float result = _mm512_cvtss_f32(all);
  return double(kFlop) * kBf16Chains * double(rounds);
}

}  // namespace

double bf16_dot_products_in_registers(std::int64_t rounds) {
  return cpu_has_bf16() ? bf16_dot_products(rounds) : 0;
}
#else
double bf16_dot_products_in_registers(std::int64_t) {
  return 0;
}
#endif

}  // namespace darkroom::layers
#endif
