// Rows times a panel of columns, both bf16, added in fp32: the inside of linear layers and convolutions. No tensors
// here; bf16 numbers are the upper halves of fp32 ones, as uint16_t.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// Whether products of bf16 pairs are an instruction of this processor. Elsewhere they are emulated: for tests.
bool has_pair_products();
/// False on the few processors for whose vectors the kernels were compiled with an instruction they lack.
bool can_run_pair_products();

/// Columns that are computed together. A panel holds so many side by side, pair by pair of places:
/// panel[places / 2][columns][2].
std::int64_t pair_panel();
/// Rows that are computed together.
inline constexpr std::int64_t kPairRows = 6;

/// out[row][0 .. columns) = the sum over `taps` parts of `places` products, begun with `adds` at what stands there;
/// rows of `out` follow one another. Part t of row r begins at rows[t * kPairRows + r] + first; panels of the parts
/// follow one another. Requires: 1 <= count <= kPairRows, places even. The order of a sum does not depend on `count`.
void multiply_pairs(const std::uint16_t* const* rows, std::int64_t count, std::int64_t taps, std::int64_t first,
                    std::int64_t places, const std::uint16_t* panel, bool adds, float* out);

/// out = sums + offset, rounded to nearest; `offset` may be nullptr.
void round_sums(const float* sums, const float* offset, std::int64_t count, std::uint16_t* out);

/// The same for rows of `count` numbers, `sums_row` and `out_row` apart, with the same offset.
void round_rows(const float* sums, std::int64_t sums_row, const float* offset, std::int64_t rows, std::int64_t count,
                std::uint16_t* out, std::int64_t out_row);

/// fp16 numbers, rounded to bf16. Answers how many of them: all but a few that fill no vector.
std::int64_t round_halves(const std::uint16_t* from, std::int64_t count, std::uint16_t* out);

/// How panels are written. Rows that are `row` numbers apart, two by two, become `pairs` lines of `count` pairs, one
/// number of either, `line` numbers apart.
void zip_rows(const std::uint16_t* from, std::int64_t row, std::int64_t pairs, std::int64_t count, std::uint16_t* out,
              std::int64_t line);

/// Numbers [count][3] become [3][count], `apart` numbers from one to the next.
void part_thirds(const std::uint16_t* from, std::int64_t count, std::uint16_t* out, std::int64_t apart);

/// Pairs of neighbours of `rows` rows, a multiple of 4, that are `row` numbers apart, become lines of `rows` pairs,
/// `line` numbers apart.
void turn_pairs(const std::uint16_t* from, std::int64_t row, std::int64_t rows, std::int64_t pairs, std::uint16_t* out,
                std::int64_t line);

/// Rows of `half` values and as many gates, each with its offset unless that is nullptr, as two tables of such rows.
void part_halves(const float* sums, std::int64_t rows, std::int64_t half, const float* value_offset,
                 const float* gate_offset, float* values, float* gates);

}  // namespace darkroom::layers
