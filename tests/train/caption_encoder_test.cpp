#include "train/caption_encoder.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace darkroom::train {
namespace {

using prompt::Tokenizer;

checkpoint::Checkpoint tiny(const std::string& name) {
  return checkpoint::load_checkpoint(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/" + name);
}

std::vector<int64_t> row(const Tensor& ids, int64_t i) {
  const Tensor line = ids[i].contiguous();
  return {line.data_ptr<int64_t>(), line.data_ptr<int64_t>() + line.numel()};
}

// sd-scripts, library/strategy_base.py _get_input_ids, by hand: "cat" is 2368.
TEST(CaptionEncoder, WindowsOfOneAreThoseOfPrompts) {
  const Tokenizer& clip = Tokenizer::clip();
  const auto ids = row(caption_windows(clip, clip.eos(), "cat", 1, 77), 0);
  ASSERT_EQ(ids.size(), 77u);
  EXPECT_EQ(ids[0], clip.bos());
  EXPECT_EQ(ids[1], 2368);
  for (size_t i = 2; i < 77; ++i) EXPECT_EQ(ids[i], clip.eos());
}

TEST(CaptionEncoder, LongCaptionsAreCutIntoWindows) {
  const Tokenizer& clip = Tokenizer::clip();
  std::string caption;
  for (int i = 0; i < 80; ++i) caption += "cat ";
  const Tensor ends = caption_windows(clip, clip.eos(), caption, 2, 77);
  ASSERT_EQ(ends.size(0), 2);
  EXPECT_EQ(row(ends, 0)[75], 2368);
  EXPECT_EQ(row(ends, 0)[76], clip.eos());
  EXPECT_EQ(row(ends, 1)[5], 2368);
  EXPECT_EQ(row(ends, 1)[6], clip.eos());
  // Filled with "!": a full window still ends with the end token, an empty one begins with it.
  const Tensor filled = caption_windows(clip, 0, caption, 3, 77);
  EXPECT_EQ(row(filled, 0)[76], clip.eos());
  EXPECT_EQ(row(filled, 1)[6], clip.eos());
  EXPECT_EQ(row(filled, 1)[7], 0);
  EXPECT_EQ(row(filled, 1)[76], 0);
  EXPECT_EQ(row(filled, 2)[1], clip.eos());
  EXPECT_EQ(row(filled, 2)[2], 0);
  // 80 cats are cut where one window must do.
  EXPECT_EQ(row(caption_windows(clip, clip.eos(), caption, 1, 77), 0)[75], 2368);
}

TEST(CaptionEncoder, ContextsAreThoseOfGenerationForShortCaptions) {
  NoGrad guard;
  const checkpoint::Checkpoint model = tiny("sd15");
  const CaptionEncoder encoder(model, 75, 1, /*remembers=*/true);
  const Tokenizer tokenizer = Tokenizer::from_texts(model.description.text_encoders[0].tokenizer->vocab_json,
                                                    model.description.text_encoders[0].tokenizer->merges_txt);
  const prompt::TextEncoder same{
      .network = model.text_encoders[0].get(), .tokenizer = &tokenizer, .pad = tokenizer.eos()};
  const Tensor expected = prompt::encode_prompt({same}, "a red disc").context;
  const Tensor context = encoder.encode({"a red disc", "", "a red disc"}, {}).context;
  EXPECT_EQ(context.sizes(), (std::vector<int64_t>{3, 77, 16}));
  EXPECT_TRUE(at::allclose(context[0], expected[0], 1e-5, 1e-6));
  EXPECT_TRUE(context[0].equal(context[2]));
  EXPECT_FALSE(context[0].equal(context[1]));
  // What is not remembered is the same.
  EXPECT_TRUE(
      at::allclose(CaptionEncoder(model, 75, 1, false).encode({"a red disc"}, {}).context[0], context[0], 1e-5, 1e-6));
  EXPECT_EQ(CaptionEncoder(model, 225, 1, true).encode({"a"}, {}).context.size(1), 227);
  EXPECT_THROW(CaptionEncoder(model, 75, 12, true), Error);
}

TEST(CaptionEncoder, SdxlIsToldOfSizesToo) {
  NoGrad guard;
  const checkpoint::Checkpoint model = tiny("sdxl");
  const CaptionEncoder encoder(model, 75, 1, true);
  const auto conditioning = encoder.encode({"a", "b"}, {{32, 32, 0, 0, 32, 32}, {64, 32, 8, 0, 32, 32}});
  EXPECT_EQ(conditioning.vector.size(0), 2);
  EXPECT_EQ(conditioning.vector.size(1), model.unet->config.vector);
  EXPECT_EQ(conditioning.context.size(2), model.unet->config.context);
}

}  // namespace
}  // namespace darkroom::train
