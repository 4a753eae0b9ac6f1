#include "formats/scalar_value.h"

#include <cmath>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

template <typename T>
std::optional<double> value_of(DType dtype, T bits, std::vector<int64_t> shape = {}) {
  return scalar_value({dtype, std::move(shape), reinterpret_cast<const std::byte*>(&bits), sizeof bits, nullptr});
}

TEST(ScalarValue, OfEveryType) {
  EXPECT_EQ(value_of(DType::f64, 0.1), 0.1);
  EXPECT_EQ(value_of(DType::f32, 0.5f, {1, 1}), 0.5);
  EXPECT_EQ(value_of(DType::bf16, uint16_t(0xC0A0)), -5.0);
  EXPECT_EQ(value_of(DType::i64, int64_t(-7)), -7.0);
  EXPECT_EQ(value_of(DType::i32, int32_t(-7)), -7.0);
  EXPECT_EQ(value_of(DType::i16, int16_t(-7)), -7.0);
  EXPECT_EQ(value_of(DType::i8, int8_t(-7)), -7.0);
  EXPECT_EQ(value_of(DType::u8, uint8_t(200)), 200.0);
  EXPECT_EQ(value_of(DType::boolean, uint8_t(1)), 1.0);
}

TEST(ScalarValue, HalfPrecisionToItsEnds) {
  const auto half = [](uint16_t bits) { return *value_of(DType::f16, bits); };
  EXPECT_EQ(half(0x3C00), 1);
  EXPECT_EQ(half(0xC500), -5);
  EXPECT_EQ(half(0x7BFF), 65504);
  EXPECT_EQ(half(0x0400), 0x1p-14);  // least normal
  EXPECT_EQ(half(0x0001), 0x1p-24);  // least of all
  EXPECT_EQ(half(0x8000), 0);
  EXPECT_EQ(half(0xFC00), -INFINITY);
  EXPECT_TRUE(std::isnan(half(0x7E00)));
}

TEST(ScalarValue, NothingForMoreThanOne) {
  EXPECT_EQ(value_of(DType::f32, 1.0, {2}), std::nullopt);  // eight bytes: two numbers
  EXPECT_EQ(scalar_value({DType::f32, {0}, nullptr, 0, nullptr}), std::nullopt);
}

}  // namespace
}  // namespace darkroom::formats
