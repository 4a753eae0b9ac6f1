#include "layers/kernels/tile_product_kernel.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "base/cpu.h"
#include "layers/bf16_kernels.h"

namespace darkroom::layers {
namespace {

/// Whole numbers that bf16 holds, and whose sums fp32 holds.
struct Matrix {
  std::int64_t rows, places;
  std::vector<std::uint16_t> numbers;

  Matrix(std::int64_t rows, std::int64_t places, unsigned seed) : rows(rows), places(places) {
    std::mt19937 random(seed);
    for (std::int64_t i = 0; i < rows * places; ++i) {
      const float value = float(int(random() % 9) - 4);
      std::uint32_t bits;
      std::memcpy(&bits, &value, sizeof bits);
      numbers.push_back(std::uint16_t(bits >> 16));
    }
  }
  float at(std::int64_t row, std::int64_t place) const {
    const std::uint32_t bits = std::uint32_t(numbers[size_t(row * places + place)]) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  /// Rows as columns: pairs of places side by side, [places / 2][rows][2].
  std::vector<std::uint16_t> as_columns() const {
    std::vector<std::uint16_t> columns;
    for (std::int64_t pair = 0; pair < places / 2; ++pair)
      for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t one = 0; one < 2; ++one) columns.push_back(numbers[size_t(row * places + 2 * pair + one)]);
    return columns;
  }
};

/// With the processor's tiles where it has them, and emulated ones.
class TileProduct : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    emulate_tile_products(GetParam());
    // Without AMX the instructions would end the program; the same test runs with the emulated ones.
    if (!GetParam() && !cpu_has_amx_bf16()) GTEST_SKIP() << "this processor has none; the emulated ones are tested";
  }
  void TearDown() override { emulate_tile_products(false); }
};

TEST_P(TileProduct, IsTheSumOfProducts) {
  constexpr std::int64_t kSteps = 3, kOutRow = 40;
  const Matrix a(32, kSteps * kTilePlaces, 1), b(32, kSteps * kTilePlaces, 2);
  const std::vector<std::uint16_t> columns = b.as_columns();
  for (const std::int64_t row_tiles : {1, 2}) {
    for (const std::int64_t column_tiles : {1, 2}) {
      std::vector<float> out(32 * kOutRow, 7);
      const TileRegisters registers;
      for (const bool adds : {false, true})
        multiply_tiles({.first = a.numbers.data(),
                        .count = row_tiles,
                        .row = a.places,
                        .step = kTilePlaces,
                        .next = kTileSide * a.places},
                       {.first = columns.data(),
                        .count = column_tiles,
                        .row = 2 * b.rows,
                        .step = kTilePlaces * b.rows,
                        .next = kTilePlaces},
                       kSteps, adds, out.data(), kOutRow, {.first = columns.data(), .lines = 1});
      for (std::int64_t row = 0; row < 32; ++row) {
        for (std::int64_t column = 0; column < kOutRow; ++column) {
          float sum = 0;
          for (std::int64_t place = 0; column < 32 && place < a.places; ++place)
            sum += a.at(row, place) * b.at(column, place);
          const bool counts = row < row_tiles * kTileSide && column < column_tiles * kTileSide;
          ASSERT_EQ(out[size_t(row * kOutRow + column)], counts ? 2 * sum : 7) << row << ", " << column;
        }
      }
    }
  }
}

TEST_P(TileProduct, PackedRowsAreTilesFilledUpWithZeros) {
  constexpr std::int64_t kCount = 19, kFirst = 5, kPlaces = 45;
  const Matrix a(kCount, 60, 3);
  std::vector<const std::uint16_t*> rows;
  for (std::int64_t row = 0; row < kCount; ++row) rows.push_back(a.numbers.data() + row * a.places);
  std::vector<std::uint16_t> packed(2 * 2 * kTileNumbers, 0xffff);
  pack_rows(rows.data(), kCount, kFirst, kPlaces, packed.data());
  for (std::int64_t step = 0; step < 2; ++step) {
    for (std::int64_t row = 0; row < 2 * kTileSide; ++row) {
      for (std::int64_t i = 0; i < kTilePlaces; ++i) {
        const std::int64_t place = step * kTilePlaces + i;
        const bool is_there = row < kCount && place < kPlaces;
        ASSERT_EQ(packed[size_t((step * 2 * kTileSide + row) * kTilePlaces + i)],
                  is_there ? a.numbers[size_t(row * a.places + kFirst + place)] : 0)
            << row << ", " << place;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, TileProduct, ::testing::Bool(), [](const ::testing::TestParamInfo<bool>& emulated) {
  return emulated.param ? "Emulated" : "OfProcessor";
});

TEST(TilePeak, CountsWhereThereIsSomethingToCount) {
  EXPECT_EQ(tile_products_in_registers(10), cpu_has_amx_bf16() ? 10 * 4 * 2 * 16 * 16 * 32 : 0);
}

TEST(Bf16Kernels, AreThoseOfTheProcessorUnlessTestsSaySo) {
  EXPECT_EQ(computes_in_tiles(), cpu_has_amx_bf16());
  use_bf16_kernels(Bf16Kernels::in_vectors);
  EXPECT_FALSE(computes_in_tiles());
  use_bf16_kernels(Bf16Kernels::in_tiles);
  EXPECT_TRUE(computes_in_tiles());
  EXPECT_EQ(emulates_tile_products(), !cpu_has_amx_bf16());
  use_bf16_kernels(Bf16Kernels::of_processor);
  EXPECT_FALSE(emulates_tile_products());
}

}  // namespace
}  // namespace darkroom::layers
