#include "train/captions.h"

#include <gtest/gtest.h>

#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

TEST(Captions, StartTokensEndAndPaddingWithTheEnd) {
  const TinyDataset data;
  const auto tokenizer = prompt::Tokenizer::from_folder(data.folder() / "tokenizer");
  const Tensor ids = caption_ids(tokenizer, {"ab", ""}, 6);
  // 558 starts, 559 ends; "a" is 64, "b" at a word's end 256 + 65.
  EXPECT_TRUE(at::equal(ids[0], at::tensor({558, 64, 256 + 65, 559, 559, 559}, at::kLong))) << ids;
  EXPECT_TRUE(at::equal(ids[1], at::tensor({558, 559, 559, 559, 559, 559}, at::kLong))) << ids;
}

TEST(Captions, LongOnesAreCutAndKeepTheirEnd) {
  const TinyDataset data;
  const auto tokenizer = prompt::Tokenizer::from_folder(data.folder() / "tokenizer");
  const Tensor ids = caption_ids(tokenizer, {"abcdefgh"}, 4);
  EXPECT_TRUE(at::equal(ids[0], at::tensor({558, 64, 65, 559}, at::kLong))) << ids;
}

}  // namespace
}  // namespace darkroom::train
