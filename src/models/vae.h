// AutoencoderKL: pictures <-> latents (Rombach et al., arXiv 2112.10752). Names: LDM's model.py without
// "first_stage_model.".
#pragma once

#include <optional>
#include <vector>

#include "layers/conv2d.h"
#include "layers/norm.h"
#include "layers/strips.h"

namespace darkroom::models {

struct VaeConfig {
  int64_t picture_channels = 3;
  int64_t latent_channels = 4;
  std::vector<int64_t> channels = {128, 256, 512, 512};  ///< per level, finest first; each level after the first halves
  int64_t res_blocks = 2;                                ///< per level of the encoder (one more in the decoder)
  int64_t groups = 32;
  double scale = 0.18215;  ///< latents the UNet sees = VAE latents * scale (SDXL 0.13025)

  int64_t reduction() const { return int64_t(1) << (channels.size() - 1); }  ///< pixels per latent, each side: 8
};

struct VaeResBlock : layers::Module {
  layers::GroupNorm norm1;
  layers::Conv2d conv1;
  layers::GroupNorm norm2;
  layers::Conv2d conv2;
  std::optional<layers::Conv2d> nin_shortcut;
  VaeResBlock(int64_t in, int64_t out, int64_t groups);
  Tensor forward(const Tensor& x) const;
  layers::Strips forward(layers::Strips x) const;  ///< the same; x is let go meanwhile
};

/// Single-head attention over all pixels, with 1x1 convolutions as projections.
struct VaeAttention : layers::Module {
  layers::GroupNorm norm;
  layers::Conv2d q, k, v, proj_out;
  VaeAttention(int64_t channels, int64_t groups);
  Tensor forward(const Tensor& x) const;
};

struct VaeMiddle : layers::Module {
  VaeResBlock block_1;
  VaeAttention attn_1;
  VaeResBlock block_2;
  VaeMiddle(int64_t channels, int64_t groups);
  Tensor forward(const Tensor& x) const;
};

struct VaeLevel : layers::Module {
  layers::ModuleList<VaeResBlock> block;
  std::optional<layers::Conv2d> downsample, upsample;  ///< named downsample.conv, upsample.conv
  VaeLevel() { add("block", block); }
  void name_downsample() { add("downsample.conv", *downsample); }
  void name_upsample() { add("upsample.conv", *upsample); }
};

struct VaeEncoder : layers::Module {
  layers::Conv2d conv_in;
  layers::ModuleList<VaeLevel> down;
  VaeMiddle mid;
  layers::GroupNorm norm_out;
  layers::Conv2d conv_out;
  explicit VaeEncoder(const VaeConfig& config);
  Tensor forward(const Tensor& pictures) const;
};

struct VaeDecoder : layers::Module {
  layers::Conv2d conv_in;
  VaeMiddle mid;
  layers::ModuleList<VaeLevel> up;  ///< up.0 is the finest level and acts last
  layers::GroupNorm norm_out;
  layers::Conv2d conv_out;
  explicit VaeDecoder(const VaeConfig& config);
  Tensor forward(const Tensor& latents) const;

  /// Whether forward_in_strips() can take these: fp32, no gradients, fast paths, no circular padding.
  bool can_use_strips(const Tensor& latents) const;
  /// The same of one picture [1, latent_channels, h, w], bit for bit but for the last convolution's rounding, in about
  /// half the memory.
  Tensor forward_in_strips(const Tensor& latents) const;
};

/// How pictures are decoded; automatic: in strips where that saves much memory.
enum class VaeDecoding { automatic, whole, strips };

/// Mean and log-variance (clamped to [-30, 20]) of the latents of a picture, [B, latent_channels, H/8, W/8].
struct Posterior {
  Tensor mean, log_variance;
};

struct AutoencoderKL : layers::Module {
  VaeConfig config;
  VaeEncoder encoder;
  VaeDecoder decoder;
  layers::Conv2d quant_conv, post_quant_conv;
  VaeDecoding decoding = VaeDecoding::automatic;  ///< whole where strips cannot be used

  explicit AutoencoderKL(const VaeConfig& config);
  Posterior encode(const Tensor& pictures) const;  ///< [B, 3, H, W] in [-1, 1]; latents are unscaled
  Tensor decode(const Tensor& latents) const;      ///< unscaled latents -> [B, 3, H, W], about [-1, 1]
};

}  // namespace darkroom::models
