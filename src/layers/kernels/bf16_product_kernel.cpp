#include "layers/kernels/bf16_product_kernel.h"

#include "base/cpu.h"

// The kind of vectors that newer processors' bf16 is added to; see bf16-inl.h.
#define HWY_WANT_AVX3_DL
// Vectors of a size unknown when compiling cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/bf16_product_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "layers/kernels/bf16-inl.h"
#include "layers/kernels/transpose-inl.h"

DARKROOM_BEFORE_BF16;
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

// Of a panel: 24 sums, 4 vectors of it and one pair of a row stay in 32 registers; elsewhere 12 + 2 + 1 of 16.
constexpr int kWidth = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

bool is_instruction() {
  return DARKROOM_HAS_PAIR_PRODUCT != 0;
}

std::int64_t panel() {
  return kWidth * lanes();
}

template <int Rows>
HWY_INLINE void rows_by_panel(const std::uint16_t* const* rows, std::int64_t taps, std::int64_t first,
                              std::int64_t places, const std::uint16_t* HWY_RESTRICT panel, bool adds,
                              float* HWY_RESTRICT out) {
  const std::int64_t n = lanes(), width = kWidth * n;
  Vector sums[Rows][kWidth];
  for (int r = 0; r < Rows; ++r)
    for (int w = 0; w < kWidth; ++w) sums[r][w] = adds ? hn::LoadU(kTag, out + r * width + w * n) : hn::Zero(kTag);
  for (std::int64_t tap = 0; tap < taps; ++tap, rows += kPairRows) {
    const std::uint16_t* row[Rows];
    for (int r = 0; r < Rows; ++r) row[r] = rows[r] + first;
    for (std::int64_t k = 0; k < places; k += 2, panel += 2 * width) {
      Pairs columns[kWidth];
      for (int w = 0; w < kWidth; ++w)
        columns[w] = hn::LoadU(kPairTag, reinterpret_cast<const std::uint32_t*>(panel) + w * n);
      for (int r = 0; r < Rows; ++r) {
        const Pairs pair = same_pair(row[r] + k);
        for (int w = 0; w < kWidth; ++w) sums[r][w] = add_pair_products(sums[r][w], pair, columns[w]);
      }
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int w = 0; w < kWidth; ++w) hn::StoreU(sums[r][w], kTag, out + r * width + w * n);
}

void multiply(const std::uint16_t* const* rows, std::int64_t count, std::int64_t taps, std::int64_t first,
              std::int64_t places, const std::uint16_t* panel, bool adds, float* out) {
  switch (count) {  // one by one, each row would wait for its own sums
    case 6:
      return rows_by_panel<6>(rows, taps, first, places, panel, adds, out);
    case 5:
      return rows_by_panel<5>(rows, taps, first, places, panel, adds, out);
    case 4:
      return rows_by_panel<4>(rows, taps, first, places, panel, adds, out);
    case 3:
      return rows_by_panel<3>(rows, taps, first, places, panel, adds, out);
    case 2:
      return rows_by_panel<2>(rows, taps, first, places, panel, adds, out);
    default:
      return rows_by_panel<1>(rows, taps, first, places, panel, adds, out);
  }
}

HWY_INLINE void round_all(const float* HWY_RESTRICT sums, const float* HWY_RESTRICT offset, std::int64_t count,
                          std::uint16_t* HWY_RESTRICT out) {
  const std::int64_t n = lanes();
  std::int64_t i = 0;
  for (; i + n <= count; i += n) {
    const Vector sum = hn::LoadU(kTag, sums + i);
    store_numbers(offset ? hn::Add(sum, hn::LoadU(kTag, offset + i)) : sum, out + i);
  }
  for (; i < count; ++i) put_number(offset ? sums[i] + offset[i] : sums[i], out + i);
}

void round_each(const float* sums, std::int64_t sums_row, const float* offset, std::int64_t rows, std::int64_t count,
                std::uint16_t* out, std::int64_t out_row) {
  for (std::int64_t row = 0; row < rows; ++row) round_all(sums + row * sums_row, offset, count, out + row * out_row);
}

std::int64_t halves(const std::uint16_t* HWY_RESTRICT from, std::int64_t count, std::uint16_t* HWY_RESTRICT out) {
  const hn::Rebind<hwy::float16_t, decltype(kTag)> half;
  const std::int64_t n = lanes();
  std::int64_t i = 0;
  for (; i + n <= count; i += n)
    store_numbers(hn::PromoteTo(kTag, hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(from + i))), out + i);
  return i;
}

void zip(const std::uint16_t* HWY_RESTRICT from, std::int64_t row, std::int64_t pairs, std::int64_t count,
         std::uint16_t* HWY_RESTRICT out, std::int64_t line) {
  for (std::int64_t pair = 0; pair < pairs; ++pair, from += 2 * row, out += line) {
    const std::uint16_t *first = from, *second = from + row;
    std::int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
    const hn::FixedTag<std::uint16_t, 8> tag;
    for (; i + 8 <= count; i += 8) {
      const auto a = hn::LoadU(tag, first + i), b = hn::LoadU(tag, second + i);
      hn::StoreU(hn::InterleaveLower(tag, a, b), tag, out + 2 * i);
      hn::StoreU(hn::InterleaveUpper(tag, a, b), tag, out + 2 * i + 8);
    }
#endif
    for (; i < count; ++i) out[2 * i] = first[i], out[2 * i + 1] = second[i];
  }
}

void thirds(const std::uint16_t* HWY_RESTRICT from, std::int64_t count, std::uint16_t* HWY_RESTRICT out,
            std::int64_t apart) {
  const hn::ScalableTag<std::uint16_t> tag;
  const std::int64_t n = std::int64_t(hn::Lanes(tag));
  std::int64_t i = 0;
  for (; i + n <= count; i += n) {
    auto a = hn::Zero(tag), b = a, c = a;
    hn::LoadInterleaved3(tag, from + 3 * i, a, b, c);
    hn::StoreU(a, tag, out + i);
    hn::StoreU(b, tag, out + apart + i);
    hn::StoreU(c, tag, out + 2 * apart + i);
  }
  for (; i < count; ++i)
    for (std::int64_t one = 0; one < 3; ++one) out[one * apart + i] = from[3 * i + one];
}

void turn(const std::uint16_t* from, std::int64_t row, std::int64_t rows, std::int64_t pairs, std::uint16_t* out,
          std::int64_t line) {
  for (std::int64_t first = 0; first < rows; first += kQuad) {
    const auto at = [&](std::int64_t r) { return reinterpret_cast<const float*>(from + (first + r) * row); };
    rows_to_columns(at(0), at(1), at(2), at(3), pairs, kQuad, reinterpret_cast<float*>(out) + first, line / 2);
  }
}

void part(const float* HWY_RESTRICT sums, std::int64_t rows, std::int64_t half, const float* value_offset,
          const float* gate_offset, float* HWY_RESTRICT values, float* HWY_RESTRICT gates) {
  const std::int64_t n = lanes();
  std::int64_t i = 0;
  for (; i + n <= half; i += n) {
    const Vector value = value_offset ? hn::LoadU(kTag, value_offset + i) : hn::Zero(kTag);
    const Vector gate = gate_offset ? hn::LoadU(kTag, gate_offset + i) : hn::Zero(kTag);
    for (std::int64_t row = 0; row < rows; ++row) {
      hn::StoreU(hn::Add(hn::LoadU(kTag, sums + 2 * half * row + i), value), kTag, values + half * row + i);
      hn::StoreU(hn::Add(hn::LoadU(kTag, sums + 2 * half * row + half + i), gate), kTag, gates + half * row + i);
    }
  }
  for (; i < half; ++i) {
    for (std::int64_t row = 0; row < rows; ++row) {
      values[half * row + i] = sums[2 * half * row + i] + (value_offset ? value_offset[i] : 0);
      gates[half * row + i] = sums[2 * half * row + half + i] + (gate_offset ? gate_offset[i] : 0);
    }
  }
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
DARKROOM_AFTER_BF16;

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(is_instruction);
HWY_EXPORT(panel);
HWY_EXPORT(multiply);
HWY_EXPORT(round_each);
HWY_EXPORT(halves);
HWY_EXPORT(zip);
HWY_EXPORT(thirds);
HWY_EXPORT(turn);
HWY_EXPORT(part);

bool has_pair_products() {
  return cpu_has_bf16() && HWY_DYNAMIC_DISPATCH(is_instruction)();
}

bool can_run_pair_products() {
  return cpu_has_bf16() || !HWY_DYNAMIC_DISPATCH(is_instruction)();
}

std::int64_t pair_panel() {
  return HWY_DYNAMIC_DISPATCH(panel)();
}

void multiply_pairs(const std::uint16_t* const* rows, std::int64_t count, std::int64_t taps, std::int64_t first,
                    std::int64_t places, const std::uint16_t* panel, bool adds, float* out) {
  HWY_DYNAMIC_DISPATCH(multiply)(rows, count, taps, first, places, panel, adds, out);
}

void round_sums(const float* sums, const float* offset, std::int64_t count, std::uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(round_each)(sums, count, offset, 1, count, out, count);
}

void round_rows(const float* sums, std::int64_t sums_row, const float* offset, std::int64_t rows, std::int64_t count,
                std::uint16_t* out, std::int64_t out_row) {
  HWY_DYNAMIC_DISPATCH(round_each)(sums, sums_row, offset, rows, count, out, out_row);
}

std::int64_t round_halves(const std::uint16_t* from, std::int64_t count, std::uint16_t* out) {
  return HWY_DYNAMIC_DISPATCH(halves)(from, count, out);
}

void zip_rows(const std::uint16_t* from, std::int64_t row, std::int64_t pairs, std::int64_t count, std::uint16_t* out,
              std::int64_t line) {
  HWY_DYNAMIC_DISPATCH(zip)(from, row, pairs, count, out, line);
}

void part_thirds(const std::uint16_t* from, std::int64_t count, std::uint16_t* out, std::int64_t apart) {
  HWY_DYNAMIC_DISPATCH(thirds)(from, count, out, apart);
}

void turn_pairs(const std::uint16_t* from, std::int64_t row, std::int64_t rows, std::int64_t pairs, std::uint16_t* out,
                std::int64_t line) {
  HWY_DYNAMIC_DISPATCH(turn)(from, row, rows, pairs, out, line);
}

void part_halves(const float* sums, std::int64_t rows, std::int64_t half, const float* value_offset,
                 const float* gate_offset, float* values, float* gates) {
  HWY_DYNAMIC_DISPATCH(part)(sums, rows, half, value_offset, gate_offset, values, gates);
}

}  // namespace darkroom::layers
#endif
