// Rows times a panel of columns: the inside of matrix products. No tensors here.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// Columns that are computed together. A panel holds so many side by side, place by place: panel[depth][columns].
std::int64_t product_panel();

/// out[row][0 .. columns) = sum over k of a[row][k] * panel[k], with `adds` begun at what stands there, and in the end
/// plus offset[0 .. columns) unless that is nullptr; rows `a_stride` and `out_stride` floats apart. The order of a sum
/// does not depend on the rows.
void multiply_panel(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth, const float* panel,
                    bool adds, const float* offset, float* out, std::int64_t out_stride);

/// The same, to the bit, of rows that are not in the first cache yet: each few are fetched while those before them are
/// multiplied.
void multiply_far_panel(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth,
                        const float* panel, bool adds, const float* offset, float* out, std::int64_t out_stride);

/// A panel of columns that lie `stride` floats apart, `depth` numbers of each.
void pack_panel(const float* columns, std::int64_t stride, std::int64_t depth, float* panel);
/// The same of numbers that are stored as fp16 or bf16.
void pack_fp16_panel(const std::uint16_t* columns, std::int64_t stride, std::int64_t depth, float* panel);
void pack_bf16_panel(const std::uint16_t* columns, std::int64_t stride, std::int64_t depth, float* panel);

/// out[0 .. count) = values * GELU(gates), GELU(x) = x / 2 (1 + erf(x / sqrt 2)); `out` may be `values`.
void gate_with_gelu(const float* values, const float* gates, std::int64_t count, float* out);

/// The gradients of values and gates of that from `above`, the one of its result.
void gate_gradients(const float* values, const float* gates, const float* above, std::int64_t count, float* of_values,
                    float* of_gates);

}  // namespace darkroom::layers
