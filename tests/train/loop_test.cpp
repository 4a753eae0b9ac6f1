#include "train/loop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "formats/mapped_file.h"
#include "layers/linear.h"
#include "train/lr_schedule.h"
#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

struct Bowl {  // loss (w - 3)²
  layers::Linear line{1, 1, false};
  StepLoss loss() const { return {(line.weight - 3).square().sum(), {{"distance", 1.0}}}; }
};

RunConfig config_in(const std::filesystem::path& folder) {
  RunConfig config;
  config.output_dir = folder;
  config.steps = 200, config.learning_rate = 0.1, config.warmup_steps = 0, config.weight_decay = 0;
  return config;
}

std::function<double(int64_t)> rate_of(const RunConfig& config) {
  return [config](int64_t step) { return learning_rate(config, step); };
}

/// A run down the bowl from 0.
struct BowlRun {
  TinyDataset data;
  Bowl bowl;
  RunConfig config = config_in(data.folder());
  TrainingState state;
  TrainingLog log{data.folder(), 0, config.steps, ignore_progress};

  BowlRun() : state(config, {whole_networks({{"bowl", &bowl.line}})}) {
    NoGrad guard;
    bowl.line.weight.fill_(0);
  }
  void run(const std::function<void(int64_t)>& after_step) {
    run_loop(config, "", state, log,
             {.loss = [&](int64_t, int64_t) { return bowl.loss(); },
              .learning_rate = rate_of(config),
              .after_step = after_step});
  }
};

TEST(Loop, WalksDownhillAndCallsBackEveryStep) {
  BowlRun down;
  int calls = 0;
  down.run([&](int64_t) { ++calls; });
  EXPECT_NEAR(down.bowl.line.weight.item<float>(), 3, 0.02);
  EXPECT_EQ(calls, 200);
}

TEST(Loop, AStopSavesTheStepsDone) {
  const TinyDataset data;
  Bowl bowl;
  bowl.line.weight.fill_(0);
  const RunConfig config = config_in(data.folder());
  TrainingState state(config, {whole_networks({{"bowl", &bowl.line}})});
  TrainingLog log(data.folder(), 0, config.steps,
                  [](const ProgressEvent& event) { require(event.step < 5, ErrorKind::cancelled, "stop"); });
  EXPECT_THROW(run_loop(config, "", state, log,
                        {.loss = [&](int64_t, int64_t) { return bowl.loss(); }, .learning_rate = rate_of(config)}),
               Error);
  layers::Linear other(1, 1, false);
  TrainingState resumed(config, {whole_networks({{"bowl", &other}})});
  resumed.load(*find_saved_state(data.folder()));
  EXPECT_EQ(resumed.steps_done(), 5);
  EXPECT_TRUE(at::equal(other.weight, bowl.line.weight));
}

TEST(Loop, LogsTheStepSizeWhereTheOptimizerFindsIt) {
  for (const char* optimizer : {"AdamW", "Prodigy"}) {
    const TinyDataset data;
    Bowl bowl;
    bowl.line.weight.fill_(0);
    RunConfig config = config_in(data.folder());
    config.optimizer = optimizer, config.steps = 30, config.log_every_n_steps = 1;
    TrainingState state(config, {whole_networks({{"bowl", &bowl.line}})});
    TrainingLog log(data.folder(), 0, config.steps, ignore_progress);
    run_loop(config, "", state, log,
             {.loss = [&](int64_t, int64_t) { return bowl.loss(); }, .learning_rate = rate_of(config)});
    const std::string rows = formats::read_text_file(data.folder() / "log.csv", 1 << 20);
    const bool finds_it = state.step_size(0).has_value();
    EXPECT_EQ(finds_it, optimizer == std::string("Prodigy"));
    const size_t last = rows.rfind("step_size,");
    ASSERT_EQ(last != std::string::npos, finds_it);
    if (!finds_it) continue;
    EXPECT_NEAR(std::stod(rows.substr(last + 10)), *state.step_size(0), *state.step_size(0) * 1e-5);
  }
}

TEST(Loop, ALossThatIsNotFiniteStopsTheRun) {
  const TinyDataset data;
  Bowl bowl;
  bowl.line.weight.fill_(NAN);
  const RunConfig config = config_in(data.folder());
  TrainingState state(config, {whole_networks({{"bowl", &bowl.line}})});
  TrainingLog log(data.folder(), 0, config.steps, ignore_progress);
  EXPECT_THROW(run_loop(config, "", state, log,
                        {.loss = [&](int64_t, int64_t) { return bowl.loss(); }, .learning_rate = rate_of(config)}),
               Error);
}

TEST(Loop, MixedPrecisionMultipliesInBf16InsideItsScope) {
  const Tensor a = at::ones({2, 2});
  {
    MixedPrecision mixed("bf16");
    EXPECT_EQ(at::mm(a, a).scalar_type(), at::kBFloat16);
  }
  EXPECT_EQ(at::mm(a, a).scalar_type(), at::kFloat);
  MixedPrecision off("no");
  EXPECT_EQ(at::mm(a, a).scalar_type(), at::kFloat);
}

TEST(Loop, WhatFailsAfterAStepDoesNotCostTheStep) {
  BowlRun down;
  EXPECT_THROW(down.run([](int64_t done) { require(done < 7, ErrorKind::io, "no picture could be written"); }), Error);
  EXPECT_EQ(find_saved_state(down.data.folder())->steps_done, 7);
}

}  // namespace
}  // namespace darkroom::train
