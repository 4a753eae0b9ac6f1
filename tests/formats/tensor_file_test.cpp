#include "formats/tensor_file.h"

#include <gtest/gtest.h>

#include <limits>

namespace darkroom::formats {
namespace {

TEST(DType, NamesAndSizes) {
  EXPECT_EQ(bytes_per_element(DType::f64), 8u);
  EXPECT_EQ(bytes_per_element(DType::bf16), 2u);
  EXPECT_EQ(bytes_per_element(DType::boolean), 1u);
  EXPECT_EQ(dtype_name(DType::bf16), "BF16");
  EXPECT_EQ(dtype_name(DType::boolean), "BOOL");
  for (DType dtype : {DType::f64, DType::f32, DType::f16, DType::bf16, DType::i64, DType::i32, DType::i16, DType::i8,
                      DType::u8, DType::boolean})
    EXPECT_EQ(dtype_named(dtype_name(dtype)), dtype);
  EXPECT_EQ(dtype_named("F8_E4M3"), std::nullopt);
  EXPECT_EQ(dtype_named("f32"), std::nullopt);
}

TEST(ByteSize, KnowsItsLimits) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(byte_size(DType::f32, {}), 4u);
  EXPECT_EQ(byte_size(DType::f16, {2, 3, 4}), 48u);
  EXPECT_EQ(byte_size(DType::u8, {kMost}), size_t(kMost));
  EXPECT_EQ(byte_size(DType::i16, {kMost}), std::nullopt);
  EXPECT_EQ(byte_size(DType::u8, {int64_t(1) << 32, int64_t(1) << 32}), std::nullopt);
  EXPECT_EQ(byte_size(DType::u8, {int64_t(1) << 32, int64_t(1) << 32, 0}), std::nullopt);
  EXPECT_EQ(byte_size(DType::u8, {0, int64_t(1) << 32}), 0u);
  EXPECT_EQ(byte_size(DType::u8, {-1}), std::nullopt);
  EXPECT_EQ(byte_size(DType::u8, {0, -1}), std::nullopt);
}

TEST(StoredTensor, CountsElements) {
  StoredTensor tensor;
  EXPECT_EQ(tensor.elements(), 1);
  tensor.shape = {2, 3, 4};
  EXPECT_EQ(tensor.elements(), 24);
  tensor.shape = {2, 0};
  EXPECT_EQ(tensor.elements(), 0);
}

}  // namespace
}  // namespace darkroom::formats
