#include "train/optimizers.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace darkroom::train {
namespace {

TEST(Optimizers, UnknownNamesListTheKnown) {
  RunConfig config;
  config.optimizer = "Adam";
  try {
    make_optimizer(config, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
    EXPECT_NE(std::string(error.what()).find("AdamW"), std::string::npos);
  }
}

TEST(Optimizers, AdafactorTakesStepsOfItsOwnUnlessToldNotTo) {
  RunConfig config;
  EXPECT_FALSE(takes_own_steps(config));
  config.optimizer = "Adafactor";
  EXPECT_TRUE(takes_own_steps(config));
  EXPECT_EQ(own_step(config, 0), 1e-2);
  EXPECT_EQ(own_step(config, 39999), 1 / std::sqrt(40000.0));
  config.optimizer_args = {"warmup_init=True"};
  EXPECT_EQ(own_step(config, 0), 1e-6);
  config.optimizer_args = {"relative_step=False"};
  EXPECT_FALSE(takes_own_steps(config));
}

}  // namespace
}  // namespace darkroom::train
