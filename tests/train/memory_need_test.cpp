#include "train/memory_need.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "train/optimizers.h"

namespace darkroom::train {
namespace {

constexpr int64_t kGigabyte = 1'000'000'000;

TEST(MemoryNeed, OfWhatIsTrainedIsWhatItsStateTakes) {
  for (const char* name : {"AdamW", "AdamW8bit", "Lion", "SGDNesterov", "Adafactor", "DAdaptAdam", "Prodigy"}) {
    RunConfig run;
    run.optimizer = name, run.ema_decay = 0;
    const int64_t count = 1 << 20;
    const auto optimizer = make_optimizer(run, {{"p", at::zeros({1 << 10, 1 << 10}).requires_grad_()}});
    int64_t state = 0;
    for (const auto& [part, tensor] : optimizer->state()) state += int64_t(tensor.nbytes());
    EXPECT_NEAR(double(bytes_to_train(count, run)), double(8 * count + state), 0.03 * double(count)) << name;
    run.ema_decay = 0.99, run.weights_in = "bf16";
    EXPECT_NEAR(double(bytes_to_train(count, run)), double(8 * count + state), 0.03 * double(count)) << name;
  }
}

TEST(MemoryNeed, OfAStepGrowsWithPicturesAndShrinksWithCheckpointing) {
  models::UNetConfig config;
  config.channels = {32, 64}, config.depth = {1, 1}, config.heads = {2, 2}, config.context = 16, config.groups = 8;
  const models::UNet unet(config);
  LoraTraining options, checkpoints, whole;
  checkpoints.gradient_checkpointing = true;
  whole.network_module = "none";
  const PixelSize small{256, 256}, large{512, 512};
  const int64_t fixed = bytes_of_step(unet, {8, 8}, 1, options);
  const int64_t one = bytes_of_step(unet, small, 1, options) - fixed;
  EXPECT_GT(one, 0);
  EXPECT_NEAR(double(bytes_of_step(unet, small, 4, options) - fixed) / double(one), 4, 0.4);
  EXPECT_EQ(bytes_of_step(unet, large, 1, options), bytes_of_step(unet, small, 4, options));
  EXPECT_LT(bytes_of_step(unet, small, 4, checkpoints), bytes_of_step(unet, small, 4, options));
  EXPECT_GT(bytes_of_step(unet, small, 4, whole), bytes_of_step(unet, small, 4, options));
}

std::string refusal(const MemoryNeed& need, int64_t machine, const LoraTraining& options) {
  try {
    require_memory(need, machine, options);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::out_of_memory);
    return error.what();
  }
}

TEST(MemoryNeed, WhatIsKnownIsRefusedAndWhatIsEstimatedIsSaid) {
  LoraTraining options;
  options.pretrained_model_name_or_path = "a.safetensors";
  const MemoryNeed need{.kept = 12 * kGigabyte, .model = 2 * kGigabyte, .step = 3 * kGigabyte};
  EXPECT_EQ(
      refusal(need, 8 * kGigabyte, options),
      "start training \"a.safetensors\": what is trained, its gradients and the optimizer must fit into memory, "
      "they take 12.0 GB and this machine has 8.0 GB; a lower network_dim, or optimizer_type = \"AdamW8bit\", takes "
      "less, and ignore_memory starts all the same");
  EXPECT_EQ(refusal(need, 16 * kGigabyte, options), "");
  EXPECT_EQ(refusal(need, 0, options), "") << "unknown";
  EXPECT_EQ(
      memory_warning(need, 16 * kGigabyte, options),
      "about 17.0 GB of memory will be needed, and this machine has 16.0 GB: training may be very slow, or be stopped "
      "by the system; gradient_checkpointing, a lower resolution or train_batch_size take less");
  EXPECT_EQ(memory_warning(need, 17 * kGigabyte, options), "");
  EXPECT_EQ(memory_warning(need, 0, options), "");
  options.ignore_memory = true;
  EXPECT_EQ(refusal(need, 8 * kGigabyte, options), "");
  options.ignore_memory = false, options.network_module = "none";
  EXPECT_NE(refusal(need, 8 * kGigabyte, options).find("full_bf16"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::train
