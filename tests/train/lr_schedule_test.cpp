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

TEST(LrSchedule, UnknownNamesAreRefused) {
  EXPECT_THROW(learning_rate(config("sine"), 50), Error);
}

}  // namespace
}  // namespace darkroom::train
