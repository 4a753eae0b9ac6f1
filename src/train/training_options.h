// What parts of a training are told: plain data, so that whoever only reads options needs no tensors.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "train/buckets.h"

namespace darkroom::train {

/// Ranks and rates by block of the UNet, as network_args says them; empty = as for all blocks. lora_blocks.h
struct LoraBlockOptions {
  std::vector<int64_t> dims, conv_dims;
  std::vector<double> alphas, conv_alphas;
  std::string down_rates, mid_rates, up_rates;  ///< factors with commas, or a curve's name: "cosine", "linear+0.25"
  double zero_threshold = 0;                    ///< factors up to this are 0: such a block has no modules
};

/// Of one module, by kohya's name: "lora_unet_down_blocks_0_attentions_0_proj_in".
struct LoraRank {
  int64_t dim = 0;
  double alpha = 0;
};

/// What a LoRA, or an adapter of another kind, is made of. lora_network.h
struct LoraOptions {
  int64_t dim = 4;       ///< rank
  double alpha = 1;      ///< 0 = dim
  int64_t conv_dim = 0;  ///< rank of 3x3 convolutions ("LoCon"); with it 1x1 ones and time projections are trained too,
                         ///< at `dim`; 0 = none of them
  double conv_alpha = 1;
  double dropout = 0;         ///< share of the values between down and up that are left out in a step
  double rank_dropout = 0;    ///< share of ranks, for each picture; the others grow by 1 / (1 - share)
  bool drops_rows = false;    ///< rank_dropout leaves out rows of the whole change instead, and nothing grows: LyCORIS'
  double module_dropout = 0;  ///< share of layers without any change in a step
  bool unet = true, text_encoder = true;
  std::array<bool, 2> text_encoders = {true, true};  ///< where text_encoder: which of SDXL's two; of others the first
  std::string algorithm = "lora";                    ///< lora, loha, lokr; see layer_change.h
  bool dora = false;                                 ///< the length of each output's weights is learnt apart
  int64_t factor = -1;  ///< of lokr: one side of the small matrix; -1 = as square as can be
  bool decompose_both = false, full_matrix = false;  ///< of lokr: both matrices of low rank; none
  LoraBlockOptions blocks;
  bool ends = false;  ///< also the UNet's first and last convolution and the time embedding, as LyCORIS does
  /// Where not empty: only the modules named here are, at these ranks; `dim`, `conv_dim` and `blocks` say nothing then.
  std::map<std::string, LoraRank> ranks;

  /// Whether text encoder `number`, counted from 0, is trained.
  bool trains_text(size_t number) const { return text_encoder && text_encoders[std::min<size_t>(number, 1)]; }
};

/// What a caption becomes each time its picture is used. caption_rules.h
struct CaptionRules {
  std::string prefix, suffix;          ///< put before and after with a blank
  double dropout_rate = 0;             ///< share of uses with no caption at all
  int64_t dropout_every_n_epochs = 0;  ///< 0 = never; epochs count from 1
  bool wildcards = false;              ///< any line of several; {a|b} is one of them, {{ and }} are brackets
  std::string separator = ",";         ///< of tags
  bool shuffle = false;                ///< tags, but for the kept ones
  int64_t keep_tokens = 0;             ///< first tags that stay where they are
  std::string keep_tokens_separator;   ///< "|||": what stands before it stays, and what stands after a second one
  double tag_dropout_rate = 0;         ///< share of the tags that are not kept
  double warmup_steps = 0;             ///< tags grow from warmup_min to all; below 1 a share of the run
  int64_t warmup_min = 1;
  std::string secondary_separator;  ///< becomes `separator` in the end: ties tags together until then
};

/// How the pictures of a folder are trained. training_pictures.h
struct PictureOptions {
  std::string caption_extension = ".txt";
  std::string resolution = "512,512";  ///< "width,height", or one number for both
  bool enable_bucket = false;
  BucketOptions buckets;  ///< its resolution is what `resolution` says, once that is read
  bool flip_aug = false, color_aug = false, random_crop = false, alpha_mask = false;
  std::filesystem::path conditioning_data_dir;  ///< of masked_loss: masks, pictures of the same names
  CaptionRules captions;
};

/// What a finished file says of itself to programs that list models (modelspec); what is empty it does not say.
struct ModelSpec {
  std::string title, author, description, license, tags, usage_hint, trigger_phrase;
};

/// What is minimised. denoising_loss.h
struct DenoisingLoss {
  std::string type = "l2";  ///< l2, l1, huber, smooth_l1
  std::string huber_schedule =
      "snr";  ///< how huber's and smooth_l1's threshold depends on t: snr, exponential, constant
  double huber_c = 0.1, huber_scale = 1;
  double min_snr_gamma = 0;                        ///< 0 = off; 5 is usual
  bool scale_v_pred_loss_like_noise_pred = false;  ///< v models only
  double v_pred_like_loss = 0;  ///< eps models only: this much of what a v model would minimise is added
  bool debiased_estimation_loss = false;
};

/// Parts of the noise a picture is trained with, besides eps itself.
struct TrainingNoise {
  double offset = 0;  ///< lets a model learn pictures that are dark or bright all over; 0.05 to 0.1 is usual
  bool offset_random_strength = false;  ///< 0 to `offset`, drawn once per batch
  double adaptive_scale = 0;            ///< offset grows by this times |mean of the latent's channel|
  int multires_iterations = 0;          ///< 0 = off; noise of ever coarser grids, 6 to 10 is usual
  double multires_discount = 0.3;
};

}  // namespace darkroom::train
