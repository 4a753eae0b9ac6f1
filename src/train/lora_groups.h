// Which matrices of a LoRA are trained at which rate.
// Source of truth: sd-scripts, networks/lora.py prepare_optimizer_params_with_multiple_te_lrs.
#pragma once

#include "train/lora_network.h"
#include "train/lora_training.h"
#include "train/trained_weights.h"

namespace darkroom::train {

/// Text encoders before the UNet, under kohya's names: "textencoder", where each has its rate "textencoder 1" and
/// "textencoder 2", "unet", with "plus" for up matrices that learn faster; where blocks have rates of their own
/// "unet_block4" and so on.
TrainedGroups lora_groups(const LoraTraining& options, const LoraNetwork& network);

}  // namespace darkroom::train
