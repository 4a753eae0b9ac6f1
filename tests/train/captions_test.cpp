#include "train/captions.h"

#include <gtest/gtest.h>

#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

TEST(Captions, StartTokensEndAndPaddingWithTheEnd) {
  const TinyDataset data;
  const auto tokenizer = prompt::Tokenizer::from_folder(data.folder() / "tokenizer");
  const Tensor ids = caption_ids(tokenizer, {"ab", ""}, 6);
  EXPECT_TRUE(at::equal(ids[0], at::tensor({52, 0, 26 + 1, 53, 53, 53}, at::kLong))) << ids;
  EXPECT_TRUE(at::equal(ids[1], at::tensor({52, 53, 53, 53, 53, 53}, at::kLong))) << ids;
}

TEST(Captions, LongOnesAreCutAndKeepTheirEnd) {
  const TinyDataset data;
  const auto tokenizer = prompt::Tokenizer::from_folder(data.folder() / "tokenizer");
  const Tensor ids = caption_ids(tokenizer, {"abcdefgh"}, 4);
  EXPECT_TRUE(at::equal(ids[0], at::tensor({52, 0, 1, 53}, at::kLong))) << ids;
}

}  // namespace
}  // namespace darkroom::train
