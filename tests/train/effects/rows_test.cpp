#include "train/effects/rows.h"

#include <gtest/gtest.h>

#include <set>

#include "train/config.h"

namespace darkroom::train::effects {
namespace {

TEST(EffectRows, AreOneForEachOption) {
  std::set<std::string> options, rows;
  for (const OptionRow& row : lora_option_rows()) options.insert(row.name);
  for (const std::span<const Row> topic : {model_rows(), picture_rows(), caption_rows(), network_rows(), rate_rows(),
                                           step_rows(), noise_rows(), loss_rows(), saving_rows(), sample_rows()})
    for (const Row& row : topic) EXPECT_TRUE(rows.insert(row.option).second) << row.option << " stands twice";
  EXPECT_EQ(rows, options);
}

TEST(EffectRows, WriteNumbersAsPeopleDo) {
  EXPECT_EQ(count(0), "0");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(count(1000), "1,000");
  EXPECT_EQ(count(-1234567), "-1,234,567");
  EXPECT_EQ(count(1, "step"), "1 step");
  EXPECT_EQ(count(2, "batch"), "2 batches");
  EXPECT_EQ(count(2, "epoch"), "2 epochs");
  EXPECT_EQ(percent(0.03125), "3.12 %");
  EXPECT_EQ(size(512), "0.5 kB");
  EXPECT_EQ(size(9 << 20), "9 MB");
  EXPECT_EQ(size(double(1LL << 32)), "4 GB");
}

TEST(EffectRows, CutLongTextsBetweenCharacters) {
  EXPECT_EQ(quoted("abc"), "\"abc\"");
  EXPECT_EQ(quoted("abcdef", 3), "\"abc...\"");
  EXPECT_EQ(quoted("ab\xC3\xA9"
                   "d",
                   3),
            "\"ab...\"")
      << "the third byte is within a character";
}

}  // namespace
}  // namespace darkroom::train::effects
