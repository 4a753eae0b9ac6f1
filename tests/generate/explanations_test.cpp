#include "generate/explanations.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "formats/safetensors.h"
#include "formats/support.h"

namespace darkroom::generate {
namespace {

const std::string kTinyModels = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/";

ExplainedField field_of(const std::string& field, const GenerateRequest& request, const RequestFacts& facts = {}) {
  for (ExplainedField& one : explained(request, facts))
    if (one.field == field) return one;
  return {};
}

TEST(Explanations, HoldTheRequestsValues) {
  GenerateRequest request;
  request.cfg_scale = 5.5;
  const ExplainedField cfg = field_of("cfg_scale", request);
  EXPECT_NE(cfg.words.find("uncond + 5.5 x (cond - uncond), the same as cond + 4.5 x"), std::string::npos) << cfg.words;
  EXPECT_EQ(cfg.words.find_first_of("{`"), std::string::npos) << "the marks are for the page";
  EXPECT_EQ(cfg.value, "5.5");
  EXPECT_FALSE(cfg.is_default);
  EXPECT_EQ(with_live_values("{clip_skip} is {clip_skip-1}, {", request), "1 is 0, {");
}

TEST(Explanations, MarkTheirFormulas) {
  const FieldWords& cfg = field_words().front();
  ASSERT_STREQ(cfg.field, "cfg_scale");
  EXPECT_NE(std::string(cfg.words).find("`cond + {cfg_scale-1} x (cond - uncond)`"), std::string::npos);
  for (const FieldWords& one : field_words()) {
    const std::string words = one.words;
    EXPECT_EQ(std::count(words.begin(), words.end(), '`') % 2, 0) << one.field;
  }
}

TEST(Explanations, AreOfEveryField) {
  GenerateRequest request;
  request.prompt = "a";
  const auto all = explained(request, request_facts(request));
  EXPECT_EQ(all.size(), request_fields().size() + 1);
  for (const ExplainedField& field : all) {
    EXPECT_FALSE(field.words.empty()) << field.field;
    EXPECT_EQ(field.words.find('{'), std::string::npos) << field.field << ": " << field.words;
    EXPECT_FALSE(field.now.ends_with('.')) << field.field;
  }
}

TEST(Explanations, ReadTheHeadsOfFiles) {
  GenerateRequest request;
  request.model = kTinyModels + "sdxl";
  EXPECT_EQ(request_facts(request).family, "SDXL");
  EXPECT_EQ(field_of("clip_skip", request, request_facts(request)).now,
            "no effect: SDXL models always read their own layer");
  EXPECT_EQ(request_facts(request).pixels_per_latent, 4) << "its VAE has three levels";
  request.model = "/nowhere";
  EXPECT_EQ(request_facts(request).family, "");
}

TEST(Explanations, NameTheLorasOfAPrompt) {
  const formats::TemporaryFolder folder;
  const float one = 1;
  formats::write_safetensors(
      folder / "film.safetensors",
      {{"x", {formats::DType::f32, {1}, reinterpret_cast<const std::byte*>(&one), sizeof(one), nullptr}}},
      {{"ss_network_dim", "64"}, {"ss_network_alpha", "32"}});
  GenerateRequest request;
  request.lora_dir = folder.path().string();
  request.prompt = "a <lora:film:0.3> b <lora:film:0.5>";
  const ExplainedField weight = field_of("lora_weight", request, request_facts(request));
  EXPECT_EQ(weight.value, "<lora:film:0.8>");
  EXPECT_EQ(weight.now,
            "film at 0.8, of which alpha / rank = 32 / 64 = 0.5 is applied already; it stands 2 times, and as in A1111 "
            "the weights add up");
  request.prompt = "a <lora:none:1>";
  EXPECT_EQ(field_of("lora_weight", request, request_facts(request)).now, "none is not among the LoRA files");
}

}  // namespace
}  // namespace darkroom::generate
