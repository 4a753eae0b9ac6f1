#include "layers/kernels/tile_product_kernel.h"

#include <algorithm>
#include <utility>

#include "base/cpu.h"
#include "layers/kernels/tiles.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace darkroom::layers {
namespace {

bool emulates = false;

#if defined(__x86_64__)
using ProcessorsTiles = AmxTiles;

/// Intel's manual, volume 2, LDTILECFG.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start = 0, reserved[14] = {};
  std::uint16_t bytes[16] = {};  ///< of a register's row
  std::uint8_t rows[16] = {};
};

void take_registers() {
  TileConfig config;
  std::fill_n(config.bytes, 8, std::uint16_t(4 * kTileSide));
  std::fill_n(config.rows, 8, std::uint8_t(kTileSide));
  asm volatile("ldtilecfg %0" : : "m"(config) : "memory");
}

void release_registers() {
  asm volatile("tilerelease" : : : "memory");
}
#else
using ProcessorsTiles = EmulatedTiles;
void take_registers() {}
void release_registers() {}
#endif

#if defined(__x86_64__)
/// `steps` lines of the cache, which go to as many steps.
__attribute__((target("avx512f"))) void copy_lines(const std::uint16_t* from, std::int64_t steps, std::uint16_t* to) {
  for (std::int64_t step = 0; step < steps; ++step, from += kTilePlaces, to += 2 * kTileNumbers)
    _mm512_storeu_si512(to, _mm512_loadu_si512(from));
}
#endif

void copy_places(const std::uint16_t* from, std::int64_t places, std::uint16_t* to) {
  for (; places > 0; places -= kTilePlaces, from += kTilePlaces, to += 2 * kTileNumbers) {
    const std::int64_t used = std::min(kTilePlaces, places);
    std::copy_n(from, used, to);
    std::fill_n(to + used, kTilePlaces - used, std::uint16_t(0));
  }
}

}  // namespace

bool emulates_tile_products() {
  return emulates;
}

void emulate_tile_products(bool on) {
  emulates = on;
}

TileRegisters::TileRegisters() {
  if (!emulates) take_registers();
}

TileRegisters::~TileRegisters() {
  if (!emulates) release_registers();
}

void multiply_tiles(const Tiles& rows, const Tiles& columns, std::int64_t steps, bool adds, float* out,
                    std::int64_t out_row, ReadSoon soon) {
  const auto fetch = [&] {
    for (std::int64_t line = 0; line < soon.lines; ++line, soon.first += kTilePlaces)
      __builtin_prefetch(soon.first, /*is written=*/0, /*into the second cache=*/2);
  };
  if (emulates) return multiply_tiles_beside<EmulatedTiles>(rows, columns, steps, adds, out, out_row, [] {});
  multiply_tiles_beside<ProcessorsTiles>(rows, columns, steps, adds, out, out_row, fetch);
}

double tile_products_in_registers(std::int64_t rounds) {
  if (!cpu_has_amx_bf16()) return 0;
  constexpr int kProducts = 4;  // that do not wait for each other
  const TileRegisters registers;
  [&]<std::size_t... Register>(std::index_sequence<Register...>) {
    (ProcessorsTiles::zero<int(Register)>(), ...);
  }
  (std::make_index_sequence<8>());
  for (std::int64_t round = 0; round < rounds; ++round)
    for_sums<2, 2>([]<int Row, int Column, int Register>() {
      ProcessorsTiles::add_products<Register, kRowRegister + Row, kColumnRegister + Column>();
    });
  return double(2 * kProducts * kTileSide * kTileSide * kTilePlaces) * double(rounds);
}

void pack_rows(const std::uint16_t* const* rows, std::int64_t count, std::int64_t first, std::int64_t places,
               std::uint16_t* to) {
  for (std::int64_t r = 0; r < count; ++r, to += kTilePlaces) {
    std::int64_t whole = 0;
#if defined(__x86_64__)
    if (!emulates) whole = places / kTilePlaces;
    copy_lines(rows[r] + first, whole, to);
#endif
    copy_places(rows[r] + first + whole * kTilePlaces, places - whole * kTilePlaces, to + whole * 2 * kTileNumbers);
  }
  for (std::int64_t place = 0; count < 2 * kTileSide && place < places; place += kTilePlaces, to += 2 * kTileNumbers)
    std::fill_n(to, (2 * kTileSide - count) * kTilePlaces, std::uint16_t(0));
}

}  // namespace darkroom::layers
