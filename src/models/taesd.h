// TAESD: a tiny decoder distilled from Stable Diffusion's VAE, 18 times less work, good enough to look at.
// Source of truth: madebyollin/taesd, taesd.py; the same in diffusers, AutoencoderTiny.
#pragma once

#include <optional>

#include "layers/conv2d.h"

namespace darkroom::models {

struct TaesdConfig {
  int64_t latent_channels = 4;
  int64_t channels = 64;
};

/// Three convolutions and a shortcut.
struct TaesdBlock : layers::Module {
  layers::Conv2d first, second, third;
  explicit TaesdBlock(int64_t channels);
  Tensor forward(const Tensor& x) const;
};

/// Its parts are numbered as in the original's sequence, where layers without weights count too.
struct TaesdDecoder : layers::Module {
  static constexpr int64_t kReduction = 8;  ///< pixels per latent and direction

  /// Three blocks, then twice the size.
  struct Level {
    TaesdBlock first, second, third;
    layers::Conv2d conv;
    explicit Level(int64_t channels);
  };

  TaesdConfig config;
  layers::Conv2d conv_in;
  Level level_1, level_2, level_3;
  TaesdBlock last;
  layers::Conv2d conv_out;

  explicit TaesdDecoder(const TaesdConfig& config);
  /// Scaled latents, as samplers have them, [B, latent_channels, h, w] -> [B, 3, 8 h, 8 w], about [-1, 1].
  Tensor decode(const Tensor& latents) const;
};

}  // namespace darkroom::models
