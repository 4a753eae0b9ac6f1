#include "train/lora_remedies.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace darkroom::train {
namespace {

/// Why these options are refused; "" if they are not.
std::string problem_of(const ToldOptions& told) {
  ToldOptions whole = {{"pretrained_model_name_or_path", {"m"}}, {"train_data_dir", {"d"}}, {"output_dir", {"o"}}};
  for (const auto& [name, values] : told) whole[name] = values;
  try {
    read_training_config({}, whole);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(LoraRemedies, EachSettlesItsProblem) {
  const ToldOptions contradictions[] = {
      {{"optimizer_type", {"Prodigy"}}, {"learning_rate", {"1"}}, {"lr_scheduler", {"cosine_with_restarts"}}},
      {{"optimizer_type", {"Prodigy"}},
       {"learning_rate", {"1"}},
       {"lr_scheduler", {"cosine_with_restarts"}},
       {"lr_warmup_steps", {"10"}},
       {"optimizer_args", {"d_coef=2"}}},
      {{"lr_warmup_steps", {"100"}}},
      {{"optimizer_type", {"Prodigy"}}, {"learning_rate", {"1"}}, {"text_encoder_lr", {"0.5"}}},
      {{"optimizer_type", {"Prodigy"}},
       {"learning_rate", {"1"}},
       {"network_args", {"loraplus_lr_ratio=4", "conv_dim=4"}}},
      {{"network_train_unet_only", {"true"}}, {"network_train_text_encoder_only", {"true"}}},
      {{"no_metadata", {"true"}}, {"training_comment", {"mine"}}},
      {{"optimizer_type", {"Prodigy"}},
       {"learning_rate", {"1"}},
       {"network_args", {"down_lr_weight=linear", "mid_lr_weight=0.5", "conv_dim=4"}}},
      {{"full_bf16", {"true"}}},
      {{"full_fp16", {"true"}}, {"mixed_precision", {"bf16"}}},
      {{"train_text_encoder", {"true"}}},
      {{"network_module", {"none"}}, {"text_encoder_lr", {"1e-6"}}},
      {{"network_module", {"none"}}, {"network_dim", {"32"}}, {"network_alpha", {"16"}}},
      {{"network_module", {"none"}}, {"network_train_unet_only", {"true"}}, {"train_text_encoder", {"true"}}},
      {{"network_train_text_encoder_only", {"true"}}, {"text_encoder_lr", {"0"}}},
      {{"network_train_unet_only", {"true"}}, {"unet_lr", {"0"}}, {"text_encoder_lr", {"1e-5"}}},
      {{"unet_lr", {"0"}}, {"text_encoder_lr", {"0"}}},
      {{"optimizer_type", {"Prodigy"}}, {"learning_rate", {"1"}}, {"text_encoder_lr", {"1", "0.5"}}},
      {{"learning_rate_te1", {"1e-6"}}},
      {{"network_module", {"none"}}, {"learning_rate_te", {"1e-6"}}},
      {{"network_module", {"none"}},
       {"train_text_encoder", {"true"}},
       {"text_encoder_lr", {"1e-6"}},
       {"learning_rate_te2", {"1e-6"}}},
      {{"network_module", {"none"}},
       {"train_text_encoder", {"true"}},
       {"learning_rate_te", {"1e-6"}},
       {"learning_rate_te2", {"1e-6"}}},
      {{"network_module", {"none"}}, {"unet_lr", {"0"}}},
      {{"network_module", {"lycoris.kohya"}}, {"network_args", {"algo=loha"}}, {"network_dropout", {"0.1"}}},
      {{"network_module", {"lycoris.kohya"}}, {"network_args", {"algo=lokr", "loraplus_lr_ratio=4"}}},
      {{"sample_prompts", {"p.txt"}}},
      {{"lr_scheduler", {"cosine"}}, {"lr_warmup_steps", {"3000"}}},
      {{"optimizer_type", {"Adafactor"}}, {"unet_lr", {"1e-4"}}, {"text_encoder_lr", {"5e-5"}}},
      {{"lr_scheduler", {"adafactor"}}},
      {{"lr_scheduler", {"piecewise_constant"}}}};
  for (const ToldOptions& told : contradictions) {
    const std::string problem = problem_of(told);
    ASSERT_FALSE(problem.empty());
    const std::vector<Remedy> remedies = remedies_for(problem, told);
    EXPECT_FALSE(remedies.empty()) << problem;
    for (const Remedy& remedy : remedies) {
      ToldOptions after = told;
      for (const auto& [name, values] : remedy.changes) {
        if (values.empty())
          after.erase(name);
        else
          after[name] = values;
      }
      EXPECT_EQ(problem_of(after), "") << remedy.label;
    }
  }
}

TEST(LoraRemedies, OfferNothingForWhatTheyDoNotKnow) {
  EXPECT_TRUE(remedies_for("the disk is on fire", {}).empty());
}

}  // namespace
}  // namespace darkroom::train
