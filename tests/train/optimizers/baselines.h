// The problem of tests/golden/make_optimizer_baselines.py, and what the reference optimizers made of it.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "train/optimizers.h"

namespace darkroom::train {

struct Problem {
  Tensor p, q;

  explicit Problem(at::ScalarType type = at::kFloat)
      : p((at::arange(12, type) / 6 - 1).view({3, 4}).requires_grad_()), q(at::full({5}, 0.5, type).requires_grad_()) {}
  NamedTensors parameters() const { return {{"p", p}, {"q", q}}; }
  Tensor values() const { return at::cat({p.detach().flatten(), q.detach()}).to(at::kDouble); }
  void set_gradients(int step) {
    for (Tensor* x : {&p, &q}) x->mutable_grad() = at::cos(x->detach() * (step + 1)) + x->detach();
  }
};

inline nlohmann::json baselines(const std::string& optimizer) {
  std::ifstream file(DARKROOM_TESTS_DIR "/golden/optimizer_baselines.json");
  return nlohmann::json::parse(file).at(optimizer);
}

inline RunConfig told(const std::string& optimizer, const std::vector<std::string>& args) {
  RunConfig config;
  config.optimizer = optimizer;
  config.optimizer_args = args;
  return config;
}

/// Ten steps of every row, within `tolerance` of the largest value.
inline void expect_baselines(const std::string& optimizer, double tolerance) {
  for (const auto& row : baselines(optimizer)) {
    Problem problem(row.at("double").get<bool>() ? at::kDouble : at::kFloat);
    const auto found = make_optimizer(told(optimizer, row.at("args")), problem.parameters());
    for (int step = 0; step < 10; ++step) {
      problem.set_gradients(step);
      found->step(row.at("lr"));
      const auto expected = at::tensor(row.at("steps")[step].get<std::vector<double>>(), at::kDouble);
      const double error = ((problem.values() - expected).abs().max() / expected.abs().max()).item<double>();
      EXPECT_LT(error, tolerance) << optimizer << " " << row.at("args") << ", step " << step;
    }
  }
}

/// Six steps are three steps, and three after the state was restored.
inline void expect_exact_resume(const RunConfig& config, double lr) {
  Problem whole, first, second;
  const auto straight = make_optimizer(config, whole.parameters()), before = make_optimizer(config, first.parameters());
  for (int step = 0; step < 6; ++step) whole.set_gradients(step), straight->step(lr);
  for (int step = 0; step < 3; ++step) first.set_gradients(step), before->step(lr);
  second.p = first.p.detach().clone().requires_grad_();
  second.q = first.q.detach().clone().requires_grad_();
  const auto after = make_optimizer(config, second.parameters());
  const NamedTensors from = before->state(), to = after->state();
  ASSERT_EQ(from.size(), to.size());
  for (size_t i = 0; i < from.size(); ++i) to[i].second.copy_(from[i].second);
  for (int step = 3; step < 6; ++step) second.set_gradients(step), after->step(lr);
  EXPECT_TRUE(at::equal(whole.values(), second.values())) << config.optimizer;
}

/// What none of them may do: move a parameter that has no gradient.
inline void expect_no_gradient_no_move(const std::string& optimizer) {
  Problem problem;
  const auto found = make_optimizer(told(optimizer, {}), problem.parameters());
  problem.q.mutable_grad() = at::ones({5});
  found->step(0.1);
  EXPECT_TRUE(at::equal(problem.p, Problem().p)) << optimizer;
  EXPECT_FALSE(at::equal(problem.q, Problem().q)) << optimizer;
}

}  // namespace darkroom::train
