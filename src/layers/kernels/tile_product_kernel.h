// Products of bf16 matrices by the processor's own: AMX, 16 x 32 numbers times 32 x 16 an instruction, added in fp32.
// No tensors here; bf16 numbers are the upper halves of fp32 ones, as uint16_t.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// Numbers along each side of what one instruction multiplies: rows and columns of results, and the places whose
/// products it adds up.
inline constexpr std::int64_t kTileSide = 16;
inline constexpr std::int64_t kTilePlaces = 32;

/// A matrix of whole tiles, of which one or two that lie across the places count. Of rows, a tile is [16][32]; of
/// columns, [16 pairs of places][16 columns][2].
struct Tiles {
  const std::uint16_t* first;
  std::int64_t count = 2;  ///< 1 or 2
  std::int64_t row;        ///< numbers from one row of a tile to the next
  std::int64_t step;       ///< to the same tile of the next places
  std::int64_t next;       ///< to the second tile of the same places
};

/// One after another, as pack_rows() and PackedWeight write them: [steps][2][16][32].
inline constexpr std::int64_t kTileNumbers = kTileSide * kTilePlaces;
inline Tiles in_order(const std::uint16_t* first, std::int64_t count = 2) {
  return {.first = first, .count = count, .row = kTilePlaces, .step = 2 * kTileNumbers, .next = kTileNumbers};
}

/// The next multiple of `unit`.
inline std::int64_t rounded_up(std::int64_t value, std::int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// The first one or two tiles of rows that are `row` numbers apart, of which `left` are left.
inline Tiles tiles_of_rows(const std::uint16_t* first, std::int64_t row, std::int64_t left) {
  return {.first = first, .count = left > kTileSide ? 2 : 1, .row = row, .step = kTilePlaces, .next = kTileSide * row};
}

/// The same of columns, of which `left` are left, in a panel of `width`: [pairs of places][width][2].
inline Tiles tiles_of_columns(const std::uint16_t* first, std::int64_t width, std::int64_t left) {
  return {.first = first,
          .count = left > kTileSide ? 2 : 1,
          .row = 2 * width,
          .step = kTilePlaces * width,
          .next = kTilePlaces};
}

/// Sets this thread's tile registers up for multiply_tiles(), and frees them. Not to be nested, nor held while another
/// library computes.
class TileRegisters {
 public:
  TileRegisters();
  ~TileRegisters();
  TileRegisters(const TileRegisters&) = delete;
  TileRegisters& operator=(const TileRegisters&) = delete;
};

/// What will be read soon from memory further away, and how many lines of it (64 bytes) are fetched beside each step.
struct ReadSoon {
  const std::uint16_t* first = nullptr;
  std::int64_t lines = 0;
};

/// out[row][column] = the sum over `steps` times 32 places, begun with `adds` at what stands there; rows of `out` are
/// `out_row` floats apart. A sum's order depends on the number of places alone. Numbers below 2^-126 count as zero.
void multiply_tiles(const Tiles& rows, const Tiles& columns, std::int64_t steps, bool adds, float* out,
                    std::int64_t out_row, ReadSoon soon = {});

/// `count` <= 32 rows, `places` numbers from rows[r] + first on, as steps of in_order() tiles: filled up with zeros to
/// whole tiles of 32 places, and with rows of zeros.
void pack_rows(const std::uint16_t* const* rows, std::int64_t count, std::int64_t first, std::int64_t places,
               std::uint16_t* to);

/// The most there can be: products in registers, on this thread. Answers how many FLOP they were; 0 where the processor
/// has none.
double tile_products_in_registers(std::int64_t rounds);

/// In place of the processor's, the same operations computed one number at a time: for tests. Not thread-safe.
void emulate_tile_products(bool on);
bool emulates_tile_products();

}  // namespace darkroom::layers
