#include "checkpoint/fill.h"

#include "fixtures.h"
#include "layers/conv2d.h"
#include "layers/linear.h"

namespace darkroom::checkpoint {
namespace {

const Naming kSame = [](std::string_view name) { return models::StoredName{std::string(name)}; };

TEST(Fill, MatricesAndOneByOneKernelsFillEachOther) {
  layers::Linear linear(2, 3);
  layers::Conv2d conv(2, 3, 1);
  const Tensor values = at::arange(6, at::kFloat).reshape({3, 2});
  Mismatch mismatch;
  fill(linear, {{"weight", stored_tensor(values.reshape({3, 2, 1, 1}))}, {"bias", stored_tensor(at::ones(3))}}, kSame,
       "", {}, mismatch);
  fill(conv, {{"weight", stored_tensor(values)}, {"bias", stored_tensor(at::ones(3))}}, kSame, "", {}, mismatch);
  require_match(mismatch);
  EXPECT_TRUE(at::equal(linear.weight, values));
  EXPECT_TRUE(at::equal(conv.weight, values.reshape({3, 2, 1, 1})));
  fill(conv, {{"weight", stored_tensor(values.t().contiguous())}, {"bias", stored_tensor(at::ones(3))}}, kSame, "", {},
       mismatch);
  EXPECT_EQ(mismatch.wrong_shape.size(), 1u);
}

TEST(Fill, FormsOfOpenClip) {
  layers::Linear second(2, 2, false), turned(2, 3, false);
  const Tensor fused = at::arange(12, at::kFloat).reshape({6, 2}), wide = at::arange(6, at::kFloat).reshape({2, 3});
  Mismatch mismatch;
  const auto named = [](models::StoredForm form) {
    return [form](std::string_view) { return models::StoredName{"w", form}; };
  };
  fill(second, {{"w", stored_tensor(fused)}}, named(models::StoredForm::second_third), "", {}, mismatch);
  fill(turned, {{"w", stored_tensor(wide)}}, named(models::StoredForm::transposed), "", {}, mismatch);
  require_match(mismatch);
  EXPECT_TRUE(at::equal(second.weight, fused.narrow(0, 2, 2)));
  EXPECT_TRUE(at::equal(turned.weight, wide.t()));
}

TEST(Fill, TheFilesMemoryIsUsedUnlessAnotherTypeOrWritingIsWanted) {
  layers::Linear linear(2, 3, false);
  const PartTensors file = {{"weight", stored_tensor(at::ones({3, 2}))}};
  const void* stored = file.at("weight").data;
  Mismatch mismatch;
  fill(linear, file, kSame, "", {}, mismatch);
  EXPECT_EQ(linear.weight.data_ptr(), stored);
  fill(linear, file, kSame, "", {at::kFloat, /*writable=*/true}, mismatch);
  EXPECT_NE(linear.weight.data_ptr(), stored);
  fill(linear, file, kSame, "", {at::kHalf}, mismatch);
  EXPECT_EQ(linear.weight.scalar_type(), at::kHalf);
  EXPECT_TRUE(mismatch.empty());
}

TEST(Fill, HalfNumbersMayStayButNotInVectors) {
  layers::Linear linear(2, 3);
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const PartTensors file = {{"weight", stored_tensor(at::ones({3, 2}).to(type))},
                              {"bias", stored_tensor(at::ones({3}).to(type))}};
    Mismatch mismatch;
    fill(linear, file, kSame, "", {.keep_half = true}, mismatch);
    EXPECT_EQ(linear.weight.data_ptr(), file.at("weight").data);
    EXPECT_EQ(linear.weight.scalar_type(), type);
    EXPECT_EQ(linear.bias.scalar_type(), at::kFloat);
    fill(linear, file, kSame, "", {.dtype = at::kDouble, .keep_half = true}, mismatch);
    EXPECT_EQ(linear.weight.scalar_type(), at::kDouble) << "only where fp32 is wanted";
    EXPECT_TRUE(mismatch.empty());
  }
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16, at::kFloat}) {  // bf16 is packed from any of them
    const PartTensors file = {{"weight", stored_tensor(at::ones({3, 2}).to(type))},
                              {"bias", stored_tensor(at::ones({3}).to(type))}};
    Mismatch mismatch;
    fill(linear, file, kSame, "", {.dtype = at::kBFloat16, .keep_half = true}, mismatch);
    EXPECT_EQ(linear.weight.data_ptr(), file.at("weight").data);
    EXPECT_EQ(linear.bias.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(mismatch.empty());
  }
  const PartTensors doubles = {{"weight", stored_tensor(at::ones({3, 2}, at::kDouble))},
                               {"bias", stored_tensor(at::ones({3}))}};
  Mismatch mismatch;
  fill(linear, doubles, kSame, "", {.keep_half = true}, mismatch);
  EXPECT_EQ(linear.weight.scalar_type(), at::kFloat);
}

TEST(Fill, WholeNumbersAreNoWeights) {
  layers::Linear linear(2, 3, false);
  Mismatch mismatch;
  fill(linear, {{"weight", stored_tensor(at::ones({3, 2}, at::kLong))}}, kSame, "p.", {}, mismatch);
  ASSERT_EQ(mismatch.wrong_shape.size(), 1u);
  EXPECT_EQ(mismatch.wrong_shape[0], "p.weight (file I64 [3, 2], model [3, 2])");
}

TEST(Fill, LongListsAreCutAndCounted) {
  Mismatch mismatch;
  for (int i = 0; i < 40; ++i) mismatch.missing.push_back("m" + std::to_string(i));
  mismatch.unused = {"u"};
  const std::string message = error_of(ErrorKind::corrupt_file, [&] { require_match(mismatch); });
  EXPECT_TRUE(mentions(message, "40 parameters without a tensor: m0, m1, m2, m3, m4, ...")) << message;
  EXPECT_TRUE(mentions(message, "1 tensors without a use: u")) << message;
}

}  // namespace
}  // namespace darkroom::checkpoint
