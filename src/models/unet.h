// The noise predictor of SD 1.x, 2.x and SDXL: one definition, sizes from the config (Rombach et al., arXiv 2112.10752;
// SDXL: arXiv 2307.01952). Names: LDM's openaimodel.py without "model.diffusion_model.".
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "models/conditioning.h"
#include "models/unet_blocks.h"

namespace darkroom::models {

struct UNetConfig {
  int64_t in_channels = 4;  ///< 9 for inpainting models
  int64_t out_channels = 4;
  std::vector<int64_t> channels = {320, 640, 1280, 1280};  ///< per level, finest first
  int64_t res_blocks = 2;                                  ///< per level (one more on the way up)
  std::vector<int64_t> depth = {1, 1, 1, 0};               ///< transformer blocks per level; 0 = no attention there
  int64_t middle_depth = 1;                                ///< of the transformer in the middle; 0 = none
  std::vector<int64_t> heads = {8, 8, 8, 8};               ///< per level; the middle takes the last level's
  int64_t context = 768;                                   ///< width of the conditioning's context
  int64_t vector = 0;                                      ///< width of the conditioning's vector; 0 = none
  bool linear_projections = false;                         ///< of the transformers, see SpatialTransformer
  int64_t groups = 32;                                     ///< of every group normalisation
};

/// One entry of input_blocks, middle_block or output_blocks: its parts, in the order they act.
struct UNetBlock : layers::Module {
  std::optional<layers::Conv2d> conv;
  std::optional<ResBlock> res;
  std::optional<SpatialTransformer> transformer;
  std::optional<ResBlock> second_res;  ///< of the middle block only
  std::optional<Downsample> down;
  std::optional<Upsample> up;

  template <typename Part>
  void name_part(Part& part) {
    add(std::to_string(parts_++), part);
  }
  Tensor forward(Tensor x, const Tensor& embedding, const Tensor& context) const;  ///< without `up`

 private:
  int parts_ = 0;
};

struct UNet : layers::Module {
  UNetConfig config;
  EmbeddingMlp time_embed;
  std::optional<EmbeddingMlp> label_emb;
  layers::ModuleList<UNetBlock> input_blocks;
  UNetBlock middle_block;
  layers::ModuleList<UNetBlock> output_blocks;
  layers::GroupNorm out_norm;
  layers::Conv2d out_conv;
  std::function<void(const UNetBlock&)> on_used;  ///< told of each block when it has computed; may be empty

  explicit UNet(const UNetConfig& config);

  /// x [B, in, H, W] (together with the conditioning's picture), t [B] in 0..999 (fractional allowed) -> eps or v [B,
  /// out, H, W], in x's dtype.
  Tensor forward(const Tensor& x, const Tensor& t, const Conditioning& conditioning) const;
};

}  // namespace darkroom::models
