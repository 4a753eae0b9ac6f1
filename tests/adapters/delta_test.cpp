#include "adapters/delta.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "adapters/adapters.h"

namespace darkroom::adapters {
namespace {

using nlohmann::json;

Tensor golden_tensor(const json& value) {
  const auto numbers = value["data"].get<std::vector<float>>();
  return at::tensor(numbers).reshape(value["shape"].get<Shape>());
}

double largest_difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>();
}

TEST(Delta, EqualsA1111OnEveryKind) {
  const json cases = json::parse(std::ifstream(DARKROOM_TESTS_DIR "/golden/lora.json"));
  ASSERT_EQ(cases.size(), 23u);
  for (const json& one : cases) {
    SCOPED_TRACE(one["name"].get<std::string>());
    NamedTensors factors;
    for (const auto& [name, tensor] : one["tensors"].items()) factors[name] = golden_tensor(tensor);
    const AdapterModule module = module_of(factors);
    const Tensor weight = golden_tensor(one["weight"]);
    ASSERT_NO_THROW(change_shape(module.kind, module.factors, weight.sizes().vec()));
    const Change found = change(module, weight, {.multiplier = one["multiplier"].get<double>()});
    EXPECT_LT(largest_difference(found.weight, golden_tensor(one["delta"])), 1e-5);
    ASSERT_EQ(found.bias.defined(), !one["bias_delta"].is_null());
    if (found.bias.defined()) {
      EXPECT_LT(largest_difference(found.bias, at::tensor(one["bias_delta"].get<std::vector<float>>())), 1e-5);
    }
  }
}

/// W' = V * d / norm(V), written out in loops over the definition, for a multiplier of 1.
TEST(Delta, DoraInBothOrientations) {
  const Tensor weight = numbers({8, 6, 3, 3}, 1);
  NamedTensors factors = {{"lora_up.weight", numbers({8, 4, 1, 1}, 2)},
                          {"lora_down.weight", numbers({4, 6, 3, 3}, 3)},
                          {"alpha", scalar_tensor(2)}};
  const Tensor changed = weight + change(module_of(factors), weight).weight;
  for (const bool per_output : {false, true}) {
    SCOPED_TRACE(per_output);
    const Tensor d = numbers(per_output ? Shape{8, 1, 1, 1} : Shape{1, 6, 1, 1}, 4).abs() + 0.5;
    factors["dora_scale"] = d;
    const AdapterModule module = module_of(factors);
    EXPECT_EQ(is_dora_per_output(module, {8, 6, 3, 3}), per_output);
    EXPECT_TRUE(acts_on_weight(module.kind, module.factors));
    Tensor expected = changed.clone();
    for (int64_t i = 0; i < d.numel(); ++i) {
      const Tensor slice = expected.select(per_output ? 0 : 1, i);
      slice.mul_(d.flatten()[i] / slice.square().sum().sqrt());
    }
    EXPECT_LT(largest_difference(weight + change(module, weight).weight, expected), 1e-5);
    // The user's weight acts on the whole way there, not on the change inside the norm.
    EXPECT_LT(largest_difference(change(module, weight, {.multiplier = 0.3}).weight, (expected - weight) * 0.3), 1e-5);
  }
}

TEST(Delta, DoraOfAColumnOfZerosIsANumber) {
  const AdapterModule module = module_of({{"lora_up.weight", at::zeros({4, 2})},
                                          {"lora_down.weight", at::zeros({2, 4})},
                                          {"dora_scale", at::ones({1, 4})}});
  EXPECT_EQ(change(module, at::zeros({4, 4})).weight.abs().max().item<float>(), 0);
}

TEST(Delta, ARankLimitUsesTheFirstRanksAndTheFilesAlpha) {
  const NamedTensors factors = {
      {"lora_up.weight", numbers({8, 4}, 1)}, {"lora_down.weight", numbers({4, 6}, 2)}, {"alpha", scalar_tensor(2)}};
  const Tensor weight = at::zeros({8, 6});
  const Tensor expected =
      at::matmul(factors.at("lora_up.weight").narrow(1, 0, 3), factors.at("lora_down.weight").narrow(0, 0, 3)) * 0.5;
  EXPECT_LT(largest_difference(change(module_of(factors), weight, {.rank_limit = 3}).weight, expected), 1e-6);
  const Tensor all = change(module_of(factors), weight).weight;
  EXPECT_TRUE(change(module_of(factors), weight, {.rank_limit = 4}).weight.equal(all));
  EXPECT_TRUE(change(module_of(factors), weight, {.rank_limit = 99}).weight.equal(all));
}

TEST(Delta, AlphaAndWeightTradeOff) {
  NamedTensors factors = {{"lora_up.weight", numbers({8, 64}, 1)}, {"lora_down.weight", numbers({64, 6}, 2)}};
  const Tensor weight = at::zeros({8, 6});
  const auto with = [&](double alpha, double multiplier) {
    factors["alpha"] = scalar_tensor(alpha);
    return change(module_of(factors), weight, {.multiplier = multiplier}).weight;
  };
  EXPECT_TRUE(with(32, 1).equal(with(64, 0.5)));
  EXPECT_TRUE(with(32, 0.5).equal(with(64, 1) * 0.25));
}

TEST(Delta, HalfPrecisionFactorsAreReadExactly) {
  const NamedTensors whole = {{"lora_up.weight", numbers({8, 4}, 1).to(at::kHalf)},
                              {"lora_down.weight", numbers({4, 6}, 2).to(at::kHalf)}};
  NamedTensors wide;
  for (const auto& [name, tensor] : whole) wide[name] = tensor.to(at::kFloat);
  const Tensor weight = at::zeros({8, 6}, at::kBFloat16);
  EXPECT_TRUE(change(module_of(whole), weight).weight.equal(change(module_of(wide), weight).weight));
}

}  // namespace
}  // namespace darkroom::adapters
