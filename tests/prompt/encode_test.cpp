#include "prompt/encode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace darkroom::prompt {
namespace {

constexpr double kClose = 1e-6;  // fp32 arithmetic of the same numbers in another order

/// A small encoder over CLIP's vocabulary with weights that make every tensor matter.
struct Encoder {
  models::ClipText network{
      {.vocabulary = 49408, .width = 8, .inner = 16, .layers = 3, .heads = 2, .positions = 77, .projection = 4}};
  NoGrad guard;
  Encoder() {
    at::manual_seed(1);
    for (auto& [name, tensor] : network.named_parameters()) tensor->normal_(0, 0.5);
  }
  TextEncoder use(int64_t skipped = 0, bool final_norm = true, bool pooled = false) const {
    return {.network = &network,
            .tokenizer = &Tokenizer::clip(),
            .pad = Tokenizer::clip().eos(),
            .skipped = skipped,
            .final_norm = final_norm,
            .has_pooled = pooled};
  }
};

Tensor ids_of(std::string_view text) {
  const Tokenizer& clip = Tokenizer::clip();
  std::vector<int64_t> ids = {clip.bos()};
  for (int id : clip.encode(text)) ids.push_back(id);
  ids.resize(77, clip.eos());
  return at::tensor(ids).unsqueeze(0);
}

double difference(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() ? (a - b).abs().max().item<double>() : 1e9;
}

TEST(Encode, OneChunkIsTheEncodersStateAndNorm) {
  const Encoder e;
  const Tensor ids = ids_of("a red apple");
  EXPECT_LT(
      difference(encode_prompt({e.use()}, "a red apple").context, e.network.normed(e.network.hidden_state(ids, 0))),
      kClose);
  EXPECT_LT(
      difference(encode_prompt({e.use(1)}, "a red apple").context, e.network.normed(e.network.hidden_state(ids, 1))),
      kClose);
  EXPECT_LT(difference(encode_prompt({e.use(1, false)}, "a red apple").context, e.network.hidden_state(ids, 1)),
            kClose);
  EXPECT_FALSE(encode_prompt({e.use()}, "a red apple").vector.defined());
}

TEST(Encode, LongPromptsAreChunksSideBySide) {
  const Encoder e;
  const Tensor two = encode_prompt({e.use()}, "a red apple BREAK a blue house").context;
  const Tensor apart =
      at::cat({encode_prompt({e.use()}, "a red apple").context, encode_prompt({e.use()}, "a blue house").context}, 1);
  EXPECT_EQ(two.size(1), 154);
  EXPECT_LT(difference(two, apart), kClose);
}

TEST(Encode, EmptyPromptIsOneChunk) {
  const Encoder e;
  EXPECT_EQ(encode_prompt({e.use()}, "").context.sizes(), (at::IntArrayRef{1, 77, 8}));
}

TEST(Encode, EncodersLieSideBySideAndPooledComesFromTheFirstChunk) {
  const Encoder e;
  const auto both = encode_prompt({e.use(1, false), e.use(1, false, true)}, "a red apple BREAK a blue house");
  EXPECT_EQ(both.context.sizes(), (at::IntArrayRef{1, 154, 16}));
  const Tensor ids = ids_of("a red apple");
  EXPECT_LT(difference(both.vector, e.network.pooled(e.network.hidden_state(ids, 0), ids, 49407)), kClose);
}

TEST(Encode, SeveralPromptsAtOnceSayWhatEachSaysAlone) {
  const Encoder e;
  const std::vector<TextEncoder> encoders = {e.use(1, false), e.use(1, true, true)};
  const std::vector<PromptText> prompts = {
      {"a red apple BREAK a (blue:1.4) house"}, {""}, {"a red apple", 3}, {"a (red:0.8) apple"}};
  const auto found = encode_prompts(encoders, prompts, Emphasis::original);
  ASSERT_EQ(found.size(), prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto alone = encode_prompt(encoders, prompts[i].text, prompts[i].least_chunks);
    EXPECT_LT(difference(found[i].context, alone.context), kClose) << i;
    EXPECT_LT(difference(found[i].vector, alone.vector), kClose) << i;
  }
  EXPECT_EQ(found[2].context.size(1), 3 * 77);
}

TEST(Encode, EmphasisMultipliesAndKeepsTheMean) {
  const Tensor states = at::arange(12, at::kFloat).view({2, 3, 2});
  const Tensor weights = at::tensor({1.0f, 2.0f, 1.0f, 1.0f, 1.0f, 1.0f}).view({2, 3});
  const Tensor emphasised = with_emphasis(states, weights);
  // First chunk 0..5: mean 2.5; weighted 0 1 4 6 4 5, mean 10/3; so times 0.75. The second is left as it is.
  EXPECT_LT(difference(emphasised[0].flatten(), at::tensor({0.0f, 0.75f, 3.0f, 4.5f, 3.0f, 3.75f})), kClose);
  EXPECT_EQ(difference(emphasised[1], states[1]), 0);
}

// tests/golden/prompts.json: A1111's modules/sd_emphasis.py on a batch of two chunks. The reference restores the mean
// of the whole batch: seen as one long chunk it is ours. "Ignore" needs no arithmetic.
TEST(Encode, EmphasisModesAreThoseOfA1111) {
  std::ifstream file(std::string(DARKROOM_TESTS_DIR) + "/golden/prompts.json");
  const auto json = nlohmann::json::parse(file);
  int compared = 0;
  for (const auto& row : json.at("emphasis")) {
    const Emphasis mode = emphasis_named(row.at("mode").get<std::string>());
    if (mode == Emphasis::ignore) continue;
    const auto width = row.at("shape").at(2).get<int64_t>();
    const auto numbers = [&](const char* name) { return at::tensor(row.at(name).get<std::vector<float>>()); };
    const Tensor found = with_emphasis(numbers("z").view({1, -1, width}), numbers("multipliers").view({1, -1}), mode);
    EXPECT_LT(difference(found.flatten(), numbers("out")), kClose) << row.at("mode");
    ++compared;
  }
  EXPECT_EQ(compared, 2);
}

TEST(Encode, BracketsActOnTheirWordsAlone) {
  const Encoder e;
  const Tensor plain = encode_prompt({e.use()}, "a red apple").context;
  const Tensor strong = encode_prompt({e.use()}, "a (red:1.5) apple").context;
  const Tensor ratio = (strong / plain)[0].select(-1, 0);
  EXPECT_NEAR((ratio[2] / ratio[1]).item<double>(), 1.5, 1e-4);
  EXPECT_NEAR((ratio[3] / ratio[1]).item<double>(), 1.0, 1e-4);
}

TEST(Encode, NonsenseWeightsAreRefused) {
  const Encoder e;
  EXPECT_THROW(encode_prompt({e.use()}, "(red:1.2.3)"), Error);
}

TEST(Encode, SizesAreSixSinusoids) {
  const Tensor vector =
      size_vector({.original_height = 1024, .original_width = 512, .crop_left = 8, .target_height = 3}, 4);
  ASSERT_EQ(vector.sizes(), (at::IntArrayRef{1, 24}));
  // Frequencies 1 and 1/100: cos, cos, sin, sin of each number (openaimodel.py, timestep_embedding).
  const auto at = [&](int i) { return vector[0][i].item<double>(); };
  EXPECT_NEAR(at(0), std::cos(1024.0), 1e-4);
  EXPECT_NEAR(at(3), std::sin(10.24), 1e-5);
  EXPECT_NEAR(at(5), std::cos(5.12), 1e-5);
  EXPECT_NEAR(at(8), 1, 1e-6);               // crop top 0
  EXPECT_NEAR(at(14), std::sin(8.0), 1e-5);  // crop left
  EXPECT_NEAR(at(16), std::cos(3.0), 1e-5);  // target height
}

}  // namespace
}  // namespace darkroom::prompt
