// The scale of the loss goes as torch.cuda.amp.GradScaler's: the expected numbers are those of its kernel's rule.
#include "train/loss_scaler.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "layers/linear.h"
#include "train/loop.h"
#include "train/lr_schedule.h"
#include "train/state.h"
#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

void update(LossScaler& scaler, bool overflowed, int times) {
  for (int i = 0; i < times; ++i) scaler.update(overflowed);
}

TEST(LossScaler, GrowsAfterTwoThousandCleanStepsInARow) {
  LossScaler scaler;
  EXPECT_EQ(scaler.scale(), 65536);
  update(scaler, false, 1999);
  EXPECT_EQ(scaler.scale(), 65536);
  update(scaler, false, 1);
  EXPECT_EQ(scaler.scale(), 131072);
  update(scaler, false, 1999);
  update(scaler, true, 1);  // the row begins anew
  EXPECT_EQ(scaler.scale(), 65536);
  update(scaler, false, 1999);
  EXPECT_EQ(scaler.scale(), 65536);
  update(scaler, false, 1);
  EXPECT_EQ(scaler.scale(), 131072);
  EXPECT_EQ(scaler.skipped_steps(), 1);
}

TEST(LossScaler, HalvesAtEachOverflowAndGivesUpWhereNoScaleHelps) {
  LossScaler scaler;
  update(scaler, true, 16);
  EXPECT_EQ(scaler.scale(), 1);
  update(scaler, true, 24);
  EXPECT_EQ(scaler.scale(), 0x1p-24);
  EXPECT_THROW(scaler.update(true), Error);
  EXPECT_EQ(scaler.skipped_steps(), 40);
}

TEST(LossScaler, DoesNotGrowBeyondFp32) {
  LossScaler scaler;
  update(scaler, false, 2000 * 120);
  EXPECT_EQ(scaler.scale(), 0x1p127);
}

TEST(LossScaler, UnscalesAndSeesWhatIsNotFinite) {
  LossScaler scaler;
  const auto finite = [&](std::vector<float> values) {
    Tensor weight = at::zeros({int64_t(values.size())}).requires_grad_();
    weight.mutable_grad() = at::tensor(at::ArrayRef<float>(values));
    const bool is_finite = scaler.unscale({{"weight", weight}, {"none", at::zeros({1})}});
    EXPECT_EQ(weight.grad()[0].item<float>(), values[0] / 65536);
    return is_finite;
  };
  EXPECT_TRUE(finite({3.f, -1e30f}));
  EXPECT_FALSE(finite({3.f, INFINITY}));
  EXPECT_FALSE(finite({3.f, -INFINITY, 1.f}));
  EXPECT_FALSE(finite({3.f, NAN, INFINITY}));
}

RunConfig fp16_config(const std::filesystem::path& folder) {
  RunConfig config;
  config.output_dir = folder;
  config.steps = 6, config.learning_rate = 0.1, config.warmup_steps = 4, config.lr_schedule = "constant";
  config.weight_decay = 0;
  config.mixed_precision = "fp16", config.log_every_n_steps = 1, config.save_every_n_steps = 1;
  return config;
}

TEST(LossScaler, ASkippedStepChangesNothingButTheScale) {
  const TinyDataset data;
  layers::Linear line(1, 1, false);
  line.weight.fill_(1);
  TrainingState state(fp16_config(data.folder()), {whole_networks({{"line", &line}})});
  line.weight.mutable_grad() = at::full({1, 1}, INFINITY);
  EXPECT_TRUE(std::isinf(state.update(0.1)));
  EXPECT_EQ(line.weight.item<float>(), 1);
  EXPECT_FALSE(line.weight.grad().defined());
  EXPECT_EQ(state.steps_done(), 1);
  EXPECT_EQ(state.steps_taken(), 0);
  EXPECT_EQ(state.loss_scale(), 32768);
  line.weight.mutable_grad() = at::full({1, 1}, 32768.f);
  EXPECT_EQ(state.update(0.1), 1);
  EXPECT_NEAR(line.weight.item<float>(), 0.9, 1e-3);  // Adam's first step, as if there had been none before
  EXPECT_EQ(state.steps_taken(), 1);
}

/// A bowl whose gradient overflows at step `bad` at the scale of the time.
StepLoss bowl(const layers::Linear& line, int64_t step, int64_t bad) {
  const Tensor loss = (line.weight - 3).square().sum();
  return {step == bad ? loss * 1e37 : loss, {}};
}

TEST(LossScaler, TheLearningRateWaitsForASkippedStepAndAllIsResumed) {
  const TinyDataset data;
  const auto run = [&](const std::filesystem::path& folder, int64_t stop, std::vector<double>& rates) {
    std::filesystem::create_directories(folder);
    layers::Linear line(1, 1, false);
    line.weight.fill_(1);
    const RunConfig config = fp16_config(folder);
    TrainingState state(config, {whole_networks({{"line", &line}})});
    if (const auto saved = find_saved_state(folder)) state.load(*saved);
    TrainingLog log(folder, state.steps_done(), config.steps, [&](const ProgressEvent& event) {
      require(stop == 0 || event.step < stop, ErrorKind::cancelled, "stop");
    });
    const LoopTasks tasks{.loss = [&](int64_t step, int64_t) { return bowl(line, step, 2); },
                          .learning_rate =
                              [&](int64_t step) {
                                rates.push_back(learning_rate(config, step));
                                return rates.back();
                              }};
    try {
      run_loop(config, "", state, log, tasks);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::cancelled) throw;
    }
    return std::tuple(line.weight.item<float>(), state.loss_scale(), state.steps_taken());
  };
  std::vector<double> whole, parts;
  const auto expected = run(data.folder() / "whole", 0, whole);
  EXPECT_EQ(std::get<1>(expected), 32768);
  EXPECT_EQ(std::get<2>(expected), 5);
  ASSERT_EQ(whole.size(), 6u);
  EXPECT_EQ(whole[3], whole[2]);  // step 2 was skipped
  EXPECT_GT(whole[4], whole[3]);
  run(data.folder() / "parts", 3, parts);
  EXPECT_EQ(run(data.folder() / "parts", 0, parts), expected);
  EXPECT_EQ(parts, whole);
}

}  // namespace
}  // namespace darkroom::train
