// What multiplies tiles: registers of 16 rows of 64 bytes, and one operation on three of them. For kernels that compute
// something else beside; others call tile_product_kernel.h.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "layers/kernels/tile_product_kernel.h"

namespace darkroom::layers {

// Eight registers: 0 to 3 hold sums, two rows of two; 4 and 5 tiles of rows, 6 and 7 of columns.
inline constexpr int kRowRegister = 4, kColumnRegister = 6;

/// One thread's registers where they are emulated.
struct EmulatedTiles {
  static inline thread_local float sums[4][kTileSide][kTileSide];
  static inline thread_local float operands[4][kTileSide][kTilePlaces];

  template <int Register>
  static void zero() {
    std::memset(sums[Register], 0, sizeof sums[Register]);
  }
  template <int Register>
  static void load_sums(const float* from, std::int64_t row) {
    for (std::int64_t r = 0; r < kTileSide; ++r) std::copy_n(from + r * row, kTileSide, sums[Register][r]);
  }
  template <int Register>
  static void store_sums(float* to, std::int64_t row) {
    for (std::int64_t r = 0; r < kTileSide; ++r) std::copy_n(sums[Register][r], kTileSide, to + r * row);
  }
  template <int Register>
  static void load(const std::uint16_t* from, std::int64_t row) {
    for (std::int64_t r = 0; r < kTileSide; ++r) {
      for (std::int64_t place = 0; place < kTilePlaces; ++place) {
        const std::uint32_t bits = std::uint32_t(from[r * row + place]) << 16;
        std::memcpy(&operands[Register - kRowRegister][r][place], &bits, sizeof bits);
      }
    }
  }
  template <int Sums, int Rows, int Columns>
  static void add_products() {
    for (std::int64_t r = 0; r < kTileSide; ++r) {
      for (std::int64_t pair = 0; pair < kTilePlaces / 2; ++pair) {
        const float* row = operands[Rows - kRowRegister][r] + 2 * pair;
        const float* column = operands[Columns - kRowRegister][pair];
        for (std::int64_t c = 0; c < kTileSide; ++c)
          sums[Sums][r][c] += row[0] * column[2 * c] + row[1] * column[2 * c + 1];
      }
    }
  }
};

#if defined(__x86_64__)
/// The processor's. The compiler's own functions do not say that they read memory, and what was to be read may be
/// written later.
struct AmxTiles {
  template <int Register>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(Register));
  }
  template <int Register>
  static void load_sums(const float* from, std::int64_t row) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(4 * row), "i"(Register) : "memory");
  }
  template <int Register>
  static void store_sums(float* to, std::int64_t row) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(4 * row), "i"(Register) : "memory");
  }
  template <int Register>
  static void load(const std::uint16_t* from, std::int64_t row) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(2 * row), "i"(Register) : "memory");
  }
  template <int Sums, int Rows, int Columns>
  static void add_products() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sums), "i"(Rows), "i"(Columns));
  }
};
#endif

/// Calls f<row tile, column tile, register>() for the sums that count.
template <int RowTiles, int ColumnTiles, typename F>
inline void for_sums(const F& f) {
  f.template operator()<0, 0, 0>();
  if constexpr (ColumnTiles == 2) f.template operator()<0, 1, 1>();
  if constexpr (RowTiles == 2) f.template operator()<1, 0, 2>();
  if constexpr (RowTiles == 2 && ColumnTiles == 2) f.template operator()<1, 1, 3>();
}

/// multiply_tiles() with RowTiles and ColumnTiles as the counts. beside() is called after the products of each step
/// were begun: they take 16 cycles each, in which the rest of the processor has nothing to do.
template <typename Unit, int RowTiles, int ColumnTiles, typename Beside>
inline void multiply_tiles_beside(const Tiles& rows, const Tiles& columns, std::int64_t steps, bool adds, float* out,
                                  std::int64_t out_row, const Beside& beside) {
  const auto place = [&](int row, int column) { return out + row * kTileSide * out_row + column * kTileSide; };
  for_sums<RowTiles, ColumnTiles>([&]<int Row, int Column, int Register>() {
    adds ? Unit::template load_sums<Register>(place(Row, Column), out_row) : Unit::template zero<Register>();
  });
  const std::uint16_t *row = rows.first, *column = columns.first;
  for (std::int64_t step = 0; step < steps; ++step, row += rows.step, column += columns.step) {
    Unit::template load<kRowRegister>(row, rows.row);
    if constexpr (RowTiles == 2) Unit::template load<kRowRegister + 1>(row + rows.next, rows.row);
    Unit::template load<kColumnRegister>(column, columns.row);
    if constexpr (ColumnTiles == 2) Unit::template load<kColumnRegister + 1>(column + columns.next, columns.row);
    for_sums<RowTiles, ColumnTiles>([&]<int Row, int Column, int Register>() {
      Unit::template add_products<Register, kRowRegister + Row, kColumnRegister + Column>();
    });
    beside();
  }
  for_sums<RowTiles, ColumnTiles>(
      [&]<int Row, int Column, int Register>() { Unit::template store_sums<Register>(place(Row, Column), out_row); });
}

template <typename Unit, typename Beside>
inline void multiply_tiles_beside(const Tiles& rows, const Tiles& columns, std::int64_t steps, bool adds, float* out,
                                  std::int64_t out_row, const Beside& beside) {
  if (rows.count == 2 && columns.count == 2)
    return multiply_tiles_beside<Unit, 2, 2>(rows, columns, steps, adds, out, out_row, beside);
  if (rows.count == 2) return multiply_tiles_beside<Unit, 2, 1>(rows, columns, steps, adds, out, out_row, beside);
  if (columns.count == 2) return multiply_tiles_beside<Unit, 1, 2>(rows, columns, steps, adds, out, out_row, beside);
  multiply_tiles_beside<Unit, 1, 1>(rows, columns, steps, adds, out, out_row, beside);
}

}  // namespace darkroom::layers
