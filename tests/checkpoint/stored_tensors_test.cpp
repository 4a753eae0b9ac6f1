#include "checkpoint/stored_tensors.h"

#include <cstring>
#include <vector>

#include "fixtures.h"

namespace darkroom::checkpoint {
namespace {

TEST(StoredTensors, EveryTypeGoesThereAndBack) {
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                                    at::kChar, at::kByte, at::kBool}) {
    const Tensor tensor = at::arange(6).reshape({2, 3}).to(type);
    EXPECT_TRUE(at::equal(tensor_view(stored_tensor(tensor)), tensor)) << at::toString(type);
  }
  error_of(ErrorKind::unsupported, [] { stored_dtype(at::kComplexFloat); });
}

TEST(StoredTensors, StridedTensorsAreWrittenRowByRow) {
  const Tensor tensor = at::arange(6, at::kFloat).reshape({2, 3}).t();
  EXPECT_TRUE(at::equal(tensor_view(stored_tensor(tensor)), tensor));
}

TEST(StoredTensors, TheViewKeepsTheBytesAlive) {
  Tensor view;
  {
    const auto stored = stored_tensor(at::full({1000}, 7.0));
    view = tensor_view(stored);
    EXPECT_EQ(view.data_ptr(), stored.data);
  }
  EXPECT_TRUE(at::equal(view, at::full({1000}, 7.0)));
}

TEST(StoredTensors, UnalignedBytesAreCopied) {
  const auto bytes = std::make_shared<std::vector<std::byte>>(9);
  const float value = 1.5f;
  for (int i : {0, 1}) std::memcpy(bytes->data() + 1 + 4 * i, &value, 4);
  const formats::StoredTensor stored{formats::DType::f32, {2}, bytes->data() + 1, 8, bytes};
  const Tensor view = tensor_view(stored);
  EXPECT_NE(view.data_ptr(), stored.data);
  EXPECT_TRUE(at::equal(view, at::full({2}, 1.5f)));
}

}  // namespace
}  // namespace darkroom::checkpoint
