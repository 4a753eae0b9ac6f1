#include "layers/module.h"

#include <gtest/gtest.h>

#include "layers/linear.h"

namespace darkroom::layers {
namespace {

struct Pair : Module {
  Linear first{2, 3};
  ModuleList<Linear> rest;
  Pair() {
    rest.emplace_back(3, 3);
    rest.emplace_back(3, 1, /*has_bias=*/false);
    add("first.0", first);
    add("rest", rest);
  }
};

std::vector<std::string> names(Module& module) {
  std::vector<std::string> all;
  for (const auto& [name, tensor] : module.named_parameters()) all.push_back(name);
  return all;
}

TEST(Module, NamesFollowTheTreeDepthFirst) {
  Pair pair;
  EXPECT_EQ(names(pair), (std::vector<std::string>{"first.0.weight", "first.0.bias", "rest.0.weight", "rest.0.bias",
                                                   "rest.1.weight"}));
}

TEST(Module, ShowsTheSameParametersWhereItMayNotChange) {
  Pair pair;
  const auto named = pair.named_parameters();
  const std::vector<Tensor> seen = std::as_const(pair).parameters();
  ASSERT_EQ(seen.size(), named.size());
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_TRUE(seen[i].is_same(*named[i].second)) << named[i].first;
}

TEST(Module, CountsValues) {
  EXPECT_EQ(Pair().parameter_count(), (2 * 3 + 3) + (3 * 3 + 3) + 3);
}

TEST(Module, VisitsItselfAndEveryPart) {
  Pair pair;
  std::vector<std::string> visited;
  pair.for_each_module([&](const std::string& name, Module&) { visited.push_back(name); });
  EXPECT_EQ(visited, (std::vector<std::string>{"", "first.0", "rest", "rest.0", "rest.1"}));
}

TEST(Module, ConvertsEveryParameterAndKeepsThoseThatFit) {
  Pair pair;
  const void* before = pair.first.weight.data_ptr();
  pair.convert_to(at::kFloat);
  EXPECT_EQ(pair.first.weight.data_ptr(), before);
  pair.convert_to(at::kBFloat16);
  for (const auto& [name, tensor] : pair.named_parameters()) EXPECT_EQ(tensor->scalar_type(), at::kBFloat16) << name;
}

TEST(Module, WantsGradientsOnlyWhenAsked) {
  Pair pair;
  EXPECT_FALSE(pair.first.weight.requires_grad());
  pair.require_gradients(true);
  for (const auto& [name, tensor] : pair.named_parameters()) EXPECT_TRUE(tensor->requires_grad()) << name;
  pair.require_gradients(false);
  EXPECT_FALSE(pair.rest[1].weight.requires_grad());
}

}  // namespace
}  // namespace darkroom::layers
