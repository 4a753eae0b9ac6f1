// The text encoders against transformers: every state that a family reads, and the pooled text of SDXL's second.
#include "models/clip_text.h"

#include "reference_model.h"

namespace darkroom::models {
namespace {

using ClipTextParity = ReferenceFamilies;

TEST_P(ClipTextParity, StatesAreTheReferences) {
  NoGrad guard;
  const auto model = reference_model(GetParam());
  const Tensor ids = parity(GetParam(), "text.ids");
  const char* parts[] = {"text_encoder.", "text_encoder_2."};
  for (size_t i = 0; i < model.text_encoders.size(); ++i) {
    const ClipText& text = *model.text_encoders[i];
    const auto expected = [&](const std::string& what) { return parity(GetParam(), parts[i] + what); };
    EXPECT_LT(relative_error(text.hidden_state(ids, 0), expected("last")), kSameNetwork) << parts[i];
    EXPECT_LT(relative_error(text.hidden_state(ids, 1), expected("penultimate")), kSameNetwork) << parts[i];
    EXPECT_LT(relative_error(text.normed(text.hidden_state(ids, 0)), expected("normed")), kSameNetwork) << parts[i];
  }
}

TEST(ClipText2Parity, PooledTextOfSdxlsSecondEncoderIsTheReferences) {
  NoGrad guard;
  const auto model = reference_model("sdxl");
  const ClipText& text = *model.text_encoders.at(1);
  const Tensor ids = parity("sdxl", "text.ids");
  const Tensor pooled = text.pooled(text.hidden_state(ids, 0), ids, /*eos=*/559);
  EXPECT_LT(relative_error(pooled, parity("sdxl", "text_encoder_2.pooled")), kSameNetwork);
}

INSTANTIATE_TEST_SUITE_P(Families, ClipTextParity, reference_families());

}  // namespace
}  // namespace darkroom::models
