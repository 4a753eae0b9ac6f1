#include "models/clip_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/random_weights.h"

namespace darkroom::models {
namespace {

ClipTextConfig tiny_text(int64_t projection = 0) {
  return {
      .vocabulary = 30, .width = 8, .inner = 16, .layers = 3, .heads = 2, .positions = 10, .projection = projection};
}

Tensor ids(std::initializer_list<int64_t> values) {
  return at::tensor(at::ArrayRef<int64_t>(values)).unsqueeze(0);
}

TEST(ClipText, HasTheParametersOfThePublishedModels) {
  EXPECT_EQ(ClipText({}).parameter_count(), 123'060'480);  // CLIP ViT-L/14
  EXPECT_EQ(ClipText({.width = 1280, .inner = 5120, .layers = 32, .heads = 20, .projection = 1280}).parameter_count(),
            694'659'840);  // OpenCLIP ViT-bigG/14
}

TEST(ClipText, VectorsStandForTokens) {
  NoGrad guard;
  ClipText text(tiny_text());
  fill(text, 1, 0.3);
  const Tensor two = at::cat({ids({1, 2, 3, 4}), ids({1, 2, 3, 4})});
  const Tensor states = text.hidden_state(two, 0, {{1, 1, text.embeddings.token.narrow(0, 7, 2)}});
  EXPECT_TRUE(at::equal(states[0], text.hidden_state(two, 0)[0]));
  EXPECT_TRUE(at::allclose(states[1], text.hidden_state(ids({1, 7, 8, 4}), 0)[0], 1e-6, 1e-7));
}

TEST(ClipText, TokensDoNotSeeTheFuture) {
  NoGrad guard;
  ClipText text(tiny_text());
  fill(text, 1, 0.3);
  const Tensor a = text.hidden_state(ids({1, 2, 3, 4}), 0), b = text.hidden_state(ids({1, 2, 3, 9}), 0);
  EXPECT_TRUE(at::allclose(a.narrow(1, 0, 3), b.narrow(1, 0, 3), 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(a.narrow(1, 3, 1), b.narrow(1, 3, 1)));
}

TEST(ClipText, SkippingLayersGivesTheStateBeforeThem) {
  NoGrad guard;
  ClipText text(tiny_text());
  fill(text, 1, 0.3);
  const Tensor tokens = ids({5, 6, 7});
  Tensor x = text.embeddings.forward(tokens, at::kFloat);
  EXPECT_TRUE(at::equal(text.hidden_state(tokens, 3), x));
  x = text.encoder_layers[0].forward(x);
  EXPECT_TRUE(at::equal(text.hidden_state(tokens, 2), x));
  x = text.encoder_layers[2].forward(text.encoder_layers[1].forward(x));
  EXPECT_TRUE(at::equal(text.hidden_state(tokens, 0), x));
}

TEST(ClipText, PoolsAtTheFirstEndToken) {
  NoGrad guard;
  ClipText text(tiny_text(/*projection=*/5));
  fill(text, 1, 0.3);
  const Tensor tokens = ids({1, 29, 4, 29, 29});
  const Tensor last = text.hidden_state(tokens, 0);
  const Tensor expected = text.text_projection->forward(text.normed(last)[0][1]);
  EXPECT_TRUE(at::allclose(text.pooled(last, tokens, /*eos=*/29)[0], expected, 1e-5, 1e-6));
}

TEST(ClipText, ActivationsAreThePublishedFormulas) {
  NoGrad guard;
  for (const auto activation : {TextActivation::quick_gelu, TextActivation::gelu}) {
    ClipTextLayer::Mlp mlp(1, 1, activation);
    mlp.fc1.weight.fill_(1), mlp.fc1.bias.zero_(), mlp.fc2.weight.fill_(1), mlp.fc2.bias.zero_();
    const double x = 0.8;
    const double expected = activation == TextActivation::gelu ? x * 0.5 * (1 + std::erf(x / std::sqrt(2.0)))
                                                               : x / (1 + std::exp(-1.702 * x));
    EXPECT_NEAR(mlp.forward(at::full({1, 1}, x)).item<double>(), expected, 1e-6);
  }
}

TEST(ClipText, GradientsReachEveryParameter) {
  ClipText text(tiny_text(/*projection=*/5));
  fill(text, 1, 0.3);
  text.require_gradients(true);
  const Tensor tokens = ids({1, 2, 29});
  text.pooled(text.hidden_state(tokens, 0), tokens, 29).square().sum().backward();
  for (const auto& [name, tensor] : text.named_parameters()) EXPECT_TRUE(tensor->grad().defined()) << name;
}

}  // namespace
}  // namespace darkroom::models
