#include "train/lr_schedule.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace darkroom::train {
namespace {

RunConfig config(const char* schedule) {
  RunConfig c;
  c.steps = 100, c.warmup_steps = 10, c.learning_rate = 2.0, c.min_learning_rate = 0.5, c.lr_schedule = schedule;
  return c;
}

TEST(LrSchedule, WarmsUpFromTheFirstStep) {
  EXPECT_DOUBLE_EQ(learning_rate(config("cosine"), 0), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(config("constant"), 4), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(config("constant"), 9), 2.0);
}

TEST(LrSchedule, CosineFallsToTheMinimum) {
  EXPECT_DOUBLE_EQ(learning_rate(config("cosine"), 10), 2.0);
  EXPECT_NEAR(learning_rate(config("cosine"), 55), 1.25, 1e-12);
  EXPECT_NEAR(learning_rate(config("cosine"), 32), 0.5 + 1.5 * 0.85967,
              1e-5);  // transformers: cosine of 100 steps, 10 warm-up, at 32
  EXPECT_DOUBLE_EQ(learning_rate(config("cosine"), 100), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(config("cosine"), 1000), 0.5);
}

TEST(LrSchedule, ConstantStays) {
  EXPECT_DOUBLE_EQ(learning_rate(config("constant"), 99), 2.0);
}

TEST(LrSchedule, WithoutWarmUpStartsAtTheRate) {
  RunConfig c = config("cosine");
  c.warmup_steps = 0;
  EXPECT_DOUBLE_EQ(learning_rate(c, 0), 2.0);
}

/// Of 100 steps with 10 of warm-up.
double factor(LrSchedule schedule, int64_t step) {
  schedule.steps = 100;
  schedule.warmup_steps = schedule.name == "constant" ? 0 : 10;
  return lr_factor(schedule, step);
}

// Computed from transformers' optimization.py (training.md 2.7).
TEST(LrSchedule, FactorsAreThoseOfKohyasTrainer) {
  const LrSchedule restarts{.name = "cosine_with_restarts", .cycles = 3};
  for (const auto& [step, expected] : {std::pair(5, 0.5),
                                       {25, 0.5},
                                       {39, 0.002739},
                                       {40, 1.0},
                                       {69, 0.002739},
                                       {70, 1.0},
                                       {99, 0.002739},
                                       {100, 0.0},
                                       {101, 0.0}})
    EXPECT_NEAR(factor(restarts, step), expected, 1e-6) << step;
  const LrSchedule cosine{.name = "cosine"};
  for (const auto& [step, expected] : {std::pair(0, 0.0), {32, 0.85967}, {55, 0.5}, {77, 0.152671}, {100, 0.0}})
    EXPECT_NEAR(factor(cosine, step), expected, 1e-6) << step;
  const LrSchedule polynomial{.name = "polynomial", .base_rate = 1e-4, .power = 2};
  for (const auto& [step, expected] : {std::pair(55, 0.25075), {100, 0.001}, {150, 0.001}})
    EXPECT_NEAR(factor(polynomial, step), expected, 1e-6) << step;
  const LrSchedule least{.name = "cosine_with_min_lr", .least = 0.1};
  EXPECT_NEAR(factor(least, 55), 0.55, 1e-12);
  EXPECT_NEAR(factor(least, 100), 0.1, 1e-12);
  EXPECT_NEAR(factor({.name = "inverse_sqrt"}, 40), 0.5, 1e-12);
  const LrSchedule stable{.name = "warmup_stable_decay", .least = 0.1, .decay_steps = 30};
  for (const auto& [step, expected] :
       {std::pair(0, 0.1), {5, 0.55}, {69, 1.0}, {70, 1.0}, {85, 0.55}, {99, 0.102465}, {100, 0.1}, {200, 0.1}})
    EXPECT_NEAR(factor(stable, step), expected, 1e-6) << step;
  EXPECT_NEAR(factor({.name = "linear"}, 55), 0.5, 1e-12);
  EXPECT_EQ(factor({.name = "linear"}, 120), 0);
  EXPECT_EQ(factor({.name = "constant_with_warmup"}, 5), 0.5);
  EXPECT_EQ(factor({.name = "constant_with_warmup"}, 500), 1);
  EXPECT_EQ(factor({.name = "constant"}, 0), 1);
}

TEST(LrSchedule, PiecesHoldUntilTheirSteps) {
  LrSchedule schedule{.name = "piecewise_constant"};
  read_pieces("1:10,0.1:20,0.005", schedule);
  for (const auto& [step, expected] : {std::pair(0, 1.0), {9, 1.0}, {10, 0.1}, {19, 0.1}, {20, 0.005}, {900, 0.005}})
    EXPECT_EQ(factor(schedule, step), expected) << step;
  for (const char* bad : {"", "1:10", "1:x,2", "1:20,2:10,3", "-1:10,1", "1,2"})
    EXPECT_THROW(read_pieces(bad, schedule), Error) << bad;
}

TEST(LrSchedule, RefusesWhatKohyasTrainerRefuses) {
  EXPECT_THROW(lr_factor({.name = "constant", .steps = 10, .warmup_steps = 2}, 0), Error);
  EXPECT_THROW(lr_factor({.name = "polynomial", .steps = 10, .base_rate = 1e-7}, 0), Error);
  EXPECT_THROW(lr_factor({.name = "sine", .steps = 10}, 0), Error);
  for (const std::string& name : lr_schedule_names()) lr_factor({.name = name, .steps = 10}, 3);
}

TEST(LrSchedule, UnknownNamesAreRefused) {
  EXPECT_THROW(learning_rate(config("sine"), 50), Error);
}

}  // namespace
}  // namespace darkroom::train
