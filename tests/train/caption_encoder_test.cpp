#include "train/caption_encoder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/support.h"

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
  const auto ids = row(caption_windows(clip, clip.eos(), "cat", 1, 77).ids, 0);
  ASSERT_EQ(ids.size(), 77u);
  EXPECT_EQ(ids[0], clip.bos());
  EXPECT_EQ(ids[1], 2368);
  for (size_t i = 2; i < 77; ++i) EXPECT_EQ(ids[i], clip.eos());
}

TEST(CaptionEncoder, LongCaptionsAreCutIntoWindows) {
  const Tokenizer& clip = Tokenizer::clip();
  std::string caption;
  for (int i = 0; i < 80; ++i) caption += "cat ";
  const Tensor ends = caption_windows(clip, clip.eos(), caption, 2, 77).ids;
  ASSERT_EQ(ends.size(0), 2);
  EXPECT_EQ(row(ends, 0)[75], 2368);
  EXPECT_EQ(row(ends, 0)[76], clip.eos());
  EXPECT_EQ(row(ends, 1)[5], 2368);
  EXPECT_EQ(row(ends, 1)[6], clip.eos());
  // Filled with "!": a full window still ends with the end token, an empty one begins with it.
  const Tensor filled = caption_windows(clip, 0, caption, 3, 77).ids;
  EXPECT_EQ(row(filled, 0)[76], clip.eos());
  EXPECT_EQ(row(filled, 1)[6], clip.eos());
  EXPECT_EQ(row(filled, 1)[7], 0);
  EXPECT_EQ(row(filled, 1)[76], 0);
  EXPECT_EQ(row(filled, 2)[1], clip.eos());
  EXPECT_EQ(row(filled, 2)[2], 0);
  // 80 cats are cut where one window must do.
  EXPECT_EQ(row(caption_windows(clip, clip.eos(), caption, 1, 77).ids, 0)[75], 2368);
}

TEST(CaptionEncoder, ContextsAreThoseOfGenerationForShortCaptions) {
  NoGrad guard;
  const checkpoint::Checkpoint model = tiny("sd15");
  const CaptionEncoder encoder(model, {.remembers = true});
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
  EXPECT_TRUE(at::allclose(CaptionEncoder(model, {}).encode({"a red disc"}, {}).context[0], context[0], 1e-5, 1e-6));
  EXPECT_EQ(CaptionEncoder(model, {.max_tokens = 225}).encode({"a"}, {}).context.size(1), 227);
  EXPECT_THROW(CaptionEncoder(model, {.clip_skip = 12}), Error);
}

// sd-scripts, library/strategy_base.py _get_weighted_input_ids, by hand: (x) counts 1.1, [x] 1/1.1.
TEST(CaptionEncoder, BracketsWeighWhereTheyShould) {
  const Tokenizer& clip = Tokenizer::clip();
  const CaptionWindows windows = caption_windows(clip, clip.eos(), "cat (cat:1.5) [cat] \\(cat", 1, 77, true);
  const auto ids = row(windows.ids, 0);
  EXPECT_EQ(ids[1], 2368);
  EXPECT_EQ(ids[3], 2368);
  EXPECT_NE(ids[4], 2368);  // the bracket that is text
  EXPECT_EQ(ids[5], 2368);
  const std::vector<float> expected = {1, 1, 1.5f, float(1 / 1.1), 1, 1, 1};
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_FLOAT_EQ(windows.weights[0][int64_t(i)].item<float>(), expected[i]) << i;
  // Read as they are, brackets are words.
  EXPECT_TRUE(caption_windows(clip, clip.eos(), "(cat:1.5)", 1, 77).weights.equal(at::ones({1, 77})));
  // No BREAK: it is a word like others, of the weight around it.
  const Tensor breaks = caption_windows(clip, clip.eos(), "(cat BREAK cat:2)", 1, 77, true).weights;
  for (int64_t i = 1; i <= 3; ++i) EXPECT_EQ(breaks[0][i].item<float>(), 2) << i;
  // In the second window too.
  std::string caption;
  for (int i = 0; i < 76; ++i) caption += "cat ";
  const Tensor two = caption_windows(clip, clip.eos(), caption + "(cat:3)", 2, 77, true).weights;
  EXPECT_EQ(two[1][1].item<float>(), 1);
  EXPECT_EQ(two[1][2].item<float>(), 3);
  const Error error = formats::error_of([&] { caption_windows(clip, clip.eos(), "a (cat:1.2.3)", 1, 77, true); });
  EXPECT_NE(std::string(error.what()).find("a (cat:1.2.3)"), std::string::npos) << error.what();
}

// ... encode_tokens_with_weights: what is said of a word is multiplied, and no mean is brought back.
TEST(CaptionEncoder, WhatIsSaidOfAWordIsMultiplied) {
  NoGrad guard;
  for (const char* name : {"sd15", "sdxl"}) {
    const checkpoint::Checkpoint model = tiny(name);
    const std::vector<prompt::PictureSizes> sizes = {{32, 32, 0, 0, 32, 32}};
    const auto plain = CaptionEncoder(model, {}).encode({"a red disc"}, sizes);
    const auto weighted = CaptionEncoder(model, {.has_weights = true}).encode({"a (red disc:1.5)"}, sizes);
    const Tensor ratio = weighted.context / plain.context;
    EXPECT_TRUE(at::allclose(ratio[0][1], at::ones_like(ratio[0][1]), 1e-5, 1e-6)) << name;
    EXPECT_TRUE(at::allclose(ratio[0][2], at::full_like(ratio[0][2], 1.5), 1e-5, 1e-6)) << name;
    // SDXL's pooled text has no words to weigh.
    if (plain.vector.defined()) {
      EXPECT_TRUE(weighted.vector.equal(plain.vector));
    }
  }
}

TEST(CaptionEncoder, SdxlIsToldOfSizesToo) {
  NoGrad guard;
  const checkpoint::Checkpoint model = tiny("sdxl");
  const CaptionEncoder encoder(model, {.remembers = true});
  const auto conditioning = encoder.encode({"a", "b"}, {{32, 32, 0, 0, 32, 32}, {64, 32, 8, 0, 32, 32}});
  EXPECT_EQ(conditioning.vector.size(0), 2);
  EXPECT_EQ(conditioning.vector.size(1), model.unet->config.vector);
  EXPECT_EQ(conditioning.context.size(2), model.unet->config.context);
}

}  // namespace
}  // namespace darkroom::train
