// Which matrices of a LoRA are trained at which rate.
// Source of truth: sd-scripts, networks/lora.py prepare_optimizer_params_with_multiple_te_lrs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "train/lora_network.h"
#include "train/lora_training.h"
#include "train/state.h"

namespace darkroom::train {

struct LoraGroups {
  std::vector<ParameterGroup> groups;
  /// kohya's names of what is trained ("textencoder", "unet", with "plus" for up matrices that learn faster), and the
  /// group each is in.
  std::vector<std::pair<std::string, size_t>> names;

  int64_t parameter_count() const;
};

/// Text encoders before the UNet. What has one rate is one group: Prodigy and DAdaptAdam find one step size for it.
LoraGroups lora_groups(const LoraTraining& options, const LoraNetwork& network);

}  // namespace darkroom::train
