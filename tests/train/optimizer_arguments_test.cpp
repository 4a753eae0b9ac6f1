#include "train/optimizer_arguments.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace darkroom::train {
namespace {

TEST(OptimizerArguments, ReadsWhatKohyasPresetsSay) {
  OptimizerArguments said("Prodigy", {"decouple=True", "weight_decay=0.45", "betas=(0.9, 0.99)", "d_coef=2"});
  EXPECT_TRUE(said.truth("decouple", false));
  EXPECT_EQ(said.number("weight_decay", 0), 0.45);
  EXPECT_EQ(said.numbers("betas", {0.9, 0.999}), (std::vector<double>{0.9, 0.99}));
  EXPECT_EQ(said.number("d_coef", 1), 2);
  EXPECT_EQ(said.number("d0", 1e-6), 1e-6) << "what nobody said is the optimizer's own";
  said.refuse_others();
}

TEST(OptimizerArguments, RefusesWhatItDoesNotUnderstand) {
  EXPECT_THROW(OptimizerArguments("Lion", {"weight_decay"}), Error);
  EXPECT_THROW(OptimizerArguments("Lion", {"=1"}), Error);
  EXPECT_THROW(OptimizerArguments("Lion", {"a=1", "a=2"}), Error);
  OptimizerArguments said("Lion", {"weight_decay=much", "betas=0.9", "decouple=perhaps", "nan=nan"});
  EXPECT_THROW(said.number("weight_decay", 0), Error);
  EXPECT_THROW(said.numbers("betas", {0.9, 0.99}), Error);
  EXPECT_THROW(said.truth("decouple", true), Error);
  EXPECT_THROW(said.number("nan", 0), Error);
}

TEST(OptimizerArguments, NamesWhatNobodyAsksFor) {
  OptimizerArguments said("Lion", {"d_coef=2"});
  said.number("weight_decay", 0);
  try {
    said.refuse_others();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "arguments of Lion: there is no \"d_coef\"; it takes weight_decay");
  }
}

}  // namespace
}  // namespace darkroom::train
