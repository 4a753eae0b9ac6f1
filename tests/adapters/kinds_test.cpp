#include "adapters/kinds.h"

#include "adapters/adapters.h"

namespace darkroom::adapters {
namespace {

using formats::expect_error;

Factors factors_of(const NamedTensors& tensors) {
  Factors factors;
  for (const auto& [name, tensor] : tensors) factors.emplace(name, checkpoint::stored_tensor(tensor));
  return factors;
}

TEST(Kinds, AreToldByTheirTensors) {
  const Tensor t = at::ones({2, 2});
  const auto name = [](const NamedTensors& tensors) {
    const auto kind = kind_of(factors_of(tensors));
    return kind ? std::string(kind_name(*kind)) : "";
  };
  EXPECT_EQ(name({{"lora_up.weight", t}, {"lora_down.weight", t}}), "LoRA");
  EXPECT_EQ(name({{"hada_w1_a", t}, {"hada_w1_b", t}, {"hada_w2_a", t}, {"hada_w2_b", t}}), "LoHa");
  EXPECT_EQ(name({{"lokr_w1", t}, {"lokr_w2_a", t}, {"lokr_w2_b", t}}), "LoKr");
  EXPECT_EQ(name({{"lokr_w1_a", t}, {"lokr_w1_b", t}, {"lokr_w2", t}}), "LoKr");
  EXPECT_EQ(name({{"weight", t}, {"on_input", t}}), "IA3");
  EXPECT_EQ(name({{"diff", t}}), "full");
  EXPECT_EQ(name({{"w_norm", t}, {"b_norm", t}}), "norm");
  EXPECT_EQ(name({{"a1.weight", t}, {"a2.weight", t}, {"b1.weight", t}, {"b2.weight", t}}), "GLoRA");
  EXPECT_EQ(name({{"oft_diag", t}}), "OFT");
  EXPECT_EQ(name({{"lora_up.weight", t}, {"alpha", t}}), "");
  EXPECT_EQ(name({{"w_norm", t}}), "");
}

TEST(Kinds, ScaleIsTheFilesOwnElseAlphaOverRankElseOne) {
  NamedTensors lora = {{"lora_up.weight", at::ones({8, 4})}, {"lora_down.weight", at::ones({4, 6})}};
  EXPECT_EQ(own_scale(Kind::lora, factors_of(lora)), 1);
  for (const auto dtype :
       {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort, at::kChar}) {
    lora["alpha"] = scalar_tensor(2).to(dtype);
    EXPECT_EQ(own_scale(Kind::lora, factors_of(lora)), 0.5) << dtype;
  }
  lora["alpha"] = scalar_tensor(-0x1p-20).to(at::kHalf);  // below fp16's normal range
  EXPECT_EQ(own_scale(Kind::lora, factors_of(lora)), -0x1p-22);
  lora["scale"] = at::full({1}, 0.25);
  EXPECT_EQ(own_scale(Kind::lora, factors_of(lora)), 0.25);
  // LoKr: whole matrices have no rank, so alpha says nothing; the second product's rank counts before the first's.
  NamedTensors lokr = {{"lokr_w1", at::ones({2, 2})}, {"lokr_w2", at::ones({4, 3})}, {"alpha", scalar_tensor(5)}};
  EXPECT_EQ(own_scale(Kind::lokr, factors_of(lokr)), 1);
  lokr = {{"lokr_w1_a", at::ones({2, 1})},
          {"lokr_w1_b", at::ones({1, 2})},
          {"lokr_w2_a", at::ones({4, 2})},
          {"lokr_w2_b", at::ones({2, 3})},
          {"alpha", scalar_tensor(5)}};
  EXPECT_EQ(own_scale(Kind::lokr, factors_of(lokr)), 2.5);
}

TEST(Kinds, BadScalarsAreNamed) {
  NamedTensors lora = {{"lora_up.weight", at::ones({8, 4})}, {"lora_down.weight", at::ones({4, 6})}};
  lora["alpha"] = at::ones({2});
  expect_error(ErrorKind::corrupt_file, "alpha must be one number, has the shape [2]",
               [&] { own_scale(Kind::lora, factors_of(lora)); });
  for (const auto dtype : {at::kFloat, at::kHalf}) {
    lora["alpha"] = scalar_tensor(NAN).to(dtype);
    expect_error(ErrorKind::corrupt_file, "alpha must be a finite number, is nan",
                 [&] { own_scale(Kind::lora, factors_of(lora)); });
  }
}

TEST(Kinds, TensorsThatDoNotFitAreNamed) {
  const auto shape = [](const NamedTensors& tensors, const Shape& weight) {
    const Factors factors = factors_of(tensors);
    return change_shape(*kind_of(factors), factors, weight);
  };
  const auto refused = [&](const std::string& part, const NamedTensors& tensors, const Shape& weight) {
    expect_error(ErrorKind::unsupported, part, [&] { shape(tensors, weight); });
  };
  const auto ones = [](Shape shape) { return at::ones(shape); };
  refused("lora_down.weight: its rows (the rank) must be 4, is 3",
          {{"lora_up.weight", ones({8, 4})}, {"lora_down.weight", ones({3, 6})}}, {8, 6});
  refused("the change has the shape [8, 6], the weight [8, 5]",
          {{"lora_up.weight", ones({8, 4})}, {"lora_down.weight", ones({4, 6})}}, {8, 5});
  refused("the change has the shape [8, 6, 3, 3], the weight [8, 54, 1, 1]",
          {{"lora_up.weight", ones({8, 4, 1, 1})}, {"lora_down.weight", ones({4, 6, 3, 3})}}, {8, 54, 1, 1});
  refused("lora_up.weight must have 2 dimensions, none of them 0, found [8, 0]",
          {{"lora_up.weight", ones({8, 0})}, {"lora_down.weight", ones({0, 6})}}, {8, 6});
  refused("lora_up.weight must have 2 dimensions", {{"lora_up.weight", ones({8})}, {"lora_down.weight", ones({4, 6})}},
          {8, 6});
  refused(
      "lora_mid.weight: its first size",
      {{"lora_up.weight", ones({8, 4})}, {"lora_down.weight", ones({4, 6})}, {"lora_mid.weight", ones({3, 4, 3, 3})}},
      {8, 6, 3, 3});
  refused("both halves must have one shape",
          {{"hada_w1_a", ones({8, 3})},
           {"hada_w1_b", ones({3, 6})},
           {"hada_w2_a", ones({8, 3})},
           {"hada_w2_b", ones({3, 1})}},
          {8, 6});
  refused("weight: inputs must be 6, is 1", {{"weight", ones({1})}, {"on_input", ones({})}}, {8, 6});
  refused("IA3 changes matrices", {{"weight", ones({8})}, {"on_input", ones({})}}, {8});
  refused("OFT changes matrices and kernels, this weight is [8]", {{"oft_blocks", ones({4, 2, 2})}}, {8});
  refused("diff_b: its values must be 8, is 1", {{"diff", ones({8, 6})}, {"diff_b", ones({1})}}, {8, 6});
  refused("b_norm: its values must be 8, is 4", {{"w_norm", ones({8})}, {"b_norm", ones({4})}}, {8});
  refused("oft_blocks: blocks times block size (the layer's outputs) must be 10, is 8",
          {{"oft_blocks", ones({4, 2, 2})}}, {10, 6});
  refused("3 stages of blocks of 4 do not fit 8 outputs", {{"oft_blocks", ones({3, 2, 4, 4})}}, {8, 6});
  refused("oft_blocks: its blocks' rows must be 4, is 2", {{"oft_blocks", ones({2, 2, 4})}}, {8, 6});
  refused("rescale: its values must be 8, is 1", {{"oft_blocks", ones({4, 2, 2})}, {"rescale", ones({1})}}, {8, 6});
  refused("dora_scale: must have one value for each of 8 outputs or 6 inputs, is [5, 1]",
          {{"lora_up.weight", ones({8, 4})}, {"lora_down.weight", ones({4, 6})}, {"dora_scale", ones({5, 1})}}, {8, 6});
  refused("a2.weight: its rows",
          {{"a1.weight", ones({4, 6})},
           {"a2.weight", ones({5, 4})},
           {"b1.weight", ones({4, 6})},
           {"b2.weight", ones({8, 4})}},
          {8, 6});
  // A matrix and a 1x1 kernel are one thing.
  EXPECT_NO_THROW(shape({{"lora_up.weight", ones({8, 4, 1, 1})}, {"lora_down.weight", ones({4, 6, 1, 1})}}, {8, 6}));
  EXPECT_NO_THROW(shape({{"lora_up.weight", ones({8, 4})}, {"lora_down.weight", ones({4, 6})}}, {8, 6, 1, 1}));
}

}  // namespace
}  // namespace darkroom::adapters
