#include "train/lora_effects.h"

#include <gtest/gtest.h>

namespace darkroom::train {
namespace {

bool says(const std::string& name, const LoraTraining& told, const char* part) {
  return effect_of(name, told).find(part) != std::string::npos;
}

TEST(LoraEffects, SayWhatANumberMeansNow) {
  LoraTraining told;
  told.network.dim = 32, told.network.alpha = 16, told.loss.min_snr_gamma = 5;
  EXPECT_TRUE(says("network_alpha", told, "16 / 32 = 0.5")) << effect_of("network_alpha", told);
  // training.md 2.3: .048306 at t 10, .591443 at 100, 1 from 147.
  EXPECT_TRUE(says("min_snr_gamma", told, "0.048 at t 10, 0.591 at 100, 1.000 at 500"))
      << effect_of("min_snr_gamma", told);
  told.v_parameterization = true;
  EXPECT_TRUE(says("min_snr_gamma", told, "0.529 at 100, 0.276 at 500")) << effect_of("min_snr_gamma", told);
}

TEST(LoraEffects, SayWhatHasNone) {
  LoraTraining told;
  EXPECT_TRUE(says("keep_tokens", told, "no effect"));
  told.captions.shuffle = true;
  EXPECT_EQ(effect_of("keep_tokens", told), "");
  EXPECT_TRUE(says("huber_c", told, "no effect"));
  EXPECT_TRUE(says("prior_loss_weight", told, "reg_data_dir"));
  told.max_train_epochs = 2;
  EXPECT_TRUE(says("max_train_steps", told, "max_train_epochs decides"));
  EXPECT_EQ(effect_of("output_name", told), "");
}

}  // namespace
}  // namespace darkroom::train
