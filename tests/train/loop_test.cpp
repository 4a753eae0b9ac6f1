#include "train/loop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "layers/linear.h"
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

TEST(Loop, WalksDownhillAndCallsBackEveryStep) {
  const TinyDataset data;
  Bowl bowl;
  bowl.line.weight.fill_(0);
  const RunConfig config = config_in(data.folder());
  TrainingState state(config, {{"bowl", &bowl.line}});
  TrainingLog log(data.folder(), 0, config.steps, ignore_progress);
  int calls = 0;
  run_loop(config, "", state, log, {[&](int64_t) { return bowl.loss(); }, [&](int64_t) { ++calls; }});
  EXPECT_NEAR(bowl.line.weight.item<float>(), 3, 0.02);
  EXPECT_EQ(calls, 200);
}

TEST(Loop, AStopSavesTheStepsDone) {
  const TinyDataset data;
  Bowl bowl;
  bowl.line.weight.fill_(0);
  const RunConfig config = config_in(data.folder());
  TrainingState state(config, {{"bowl", &bowl.line}});
  TrainingLog log(data.folder(), 0, config.steps,
                  [](const ProgressEvent& event) { require(event.step < 5, ErrorKind::cancelled, "stop"); });
  EXPECT_THROW(run_loop(config, "", state, log, {[&](int64_t) { return bowl.loss(); }, {}}), Error);
  layers::Linear other(1, 1, false);
  TrainingState resumed(config, {{"bowl", &other}});
  resumed.load(data.folder() / "state.safetensors");
  EXPECT_EQ(resumed.steps_done(), 5);
  EXPECT_TRUE(at::equal(other.weight, bowl.line.weight));
}

TEST(Loop, ALossThatIsNotFiniteStopsTheRun) {
  const TinyDataset data;
  Bowl bowl;
  bowl.line.weight.fill_(NAN);
  const RunConfig config = config_in(data.folder());
  TrainingState state(config, {{"bowl", &bowl.line}});
  TrainingLog log(data.folder(), 0, config.steps, ignore_progress);
  EXPECT_THROW(run_loop(config, "", state, log, {[&](int64_t) { return bowl.loss(); }, {}}), Error);
}

TEST(Loop, MixedPrecisionMultipliesInBf16InsideItsScope) {
  const Tensor a = at::ones({2, 2});
  {
    MixedPrecision mixed(true);
    EXPECT_EQ(at::mm(a, a).scalar_type(), at::kBFloat16);
  }
  EXPECT_EQ(at::mm(a, a).scalar_type(), at::kFloat);
  MixedPrecision off(false);
  EXPECT_EQ(at::mm(a, a).scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace darkroom::train
