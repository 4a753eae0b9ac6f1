// Ranks and learning rates of a LoRA by block of the UNet.
// Source of truth: sd-scripts, networks/lora.py get_block_index, get_block_dims_and_alphas, get_block_lr_weight.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "train/optimizer_arguments.h"
#include "train/training_options.h"

namespace darkroom::train {

/// Of network_args: block_dims, block_alphas, conv_block_dims, conv_block_alphas, down_lr_weight, mid_lr_weight,
/// up_lr_weight, block_lr_zero_threshold. Throws Error{invalid_request} for what no model can have.
LoraBlockOptions read_block_options(OptimizerArguments& arguments);

/// block_lr of full fine-tuning: 23 learning rates of SDXL's UNet, from 0 on. Throws Error{invalid_request}.
/// Source: sd-scripts, sdxl_train.py.
std::vector<double> read_block_rates(const std::string& text);

/// Which of them a parameter of SDXL's UNet has, by its name: 0 the time embedding and label_emb, 1 to 9 the way down,
/// 10 to 12 the middle, 13 to 21 the way up, 22 the end. Source: get_block_params_to_optimize of sdxl_train.py.
size_t rate_of_parameter(const std::string& name);

/// Whether anything is said by block.
bool is_by_block(const LoraBlockOptions& options);
/// Whether blocks may have rates of their own.
bool has_block_rates(const LoraBlockOptions& options);

/// The block a module of a LoRA lies in: of SD 1.x and 2.x 1 to 11 down, 12 the middle, 13 to 24 up; of SDXL 1 to 9,
/// 10 to 12 and 13 to 21. Nothing for modules of text encoders, and of the UNet's ends.
std::optional<size_t> block_of(const std::string& module_name, bool is_sdxl);

/// What each block has. Blocks whose rate is 0 have the rank 0, which is no module at all.
struct LoraBlocks {
  /// Throws Error{invalid_request} where lists have another length than the model has blocks: 25, SDXL 23; and for a
  /// curve there is not.
  LoraBlocks(const LoraOptions& options, bool is_sdxl);

  struct Block {
    int64_t dim = 0, conv_dim = 0;  ///< of linear layers and 1x1 convolutions; of 3x3 ones
    double alpha = 0, conv_alpha = 0;
    double rate = 1;  ///< a factor on the UNet's
  };
  std::vector<Block> blocks;
};

}  // namespace darkroom::train
