// The parts of the UNet. Names: the original LDM code (ldm/modules/diffusionmodules/openaimodel.py, attention.py).
#pragma once

#include <optional>

#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/norm.h"

namespace darkroom::models {

/// cos and sin of t at `width / 2` frequencies 10000^(-i / (width/2)). t [B] (may be fractional) -> [B, width], fp32.
Tensor timestep_embedding(const Tensor& t, int64_t width);

/// Linear - SiLU - Linear, named "0" and "2".
struct EmbeddingMlp : layers::Module {
  layers::Linear first, second;
  EmbeddingMlp(int64_t in, int64_t out);
  Tensor forward(const Tensor& x) const;
};

struct ResBlock : layers::Module {
  layers::GroupNorm in_norm;
  layers::Conv2d in_conv;
  layers::Linear emb;
  layers::GroupNorm out_norm;
  layers::Conv2d out_conv;
  std::optional<layers::Conv2d> skip_connection;  ///< 1x1 where the number of channels changes

  ResBlock(int64_t in, int64_t out, int64_t embedding, int64_t groups);
  Tensor forward(const Tensor& x, const Tensor& embedding) const;  ///< embedding [B, E], before its SiLU
};

struct CrossAttention : layers::Module {
  layers::Linear to_q, to_k, to_v, to_out;
  int64_t heads;
  CrossAttention(int64_t width, int64_t context, int64_t heads);
  /// Of x [B, T, width] to a context [B, Tc, context], or to itself. Without gradients, keys and values of a context
  /// are computed once: every step of a picture asks with the same.
  Tensor forward(const Tensor& x, const Tensor& context) const;

 private:
  struct KeysAndValues {
    Tensor context, key_weight, value_weight;  ///< of which they were made
    Tensor keys, values;
  };
  KeysAndValues keys_and_values(const Tensor& context, bool is_own) const;  ///< is_own: it attends to itself
  int64_t own_packed_bytes() const override;
  void drop_own_packed() const override { known_ = {}; }

  mutable std::array<KeysAndValues, 2> known_;  // the prompt's and the negative prompt's, where those go apart
};

/// Feed-forward of a transformer: GEGLU, then back to the width.
struct GegluMlp : layers::Module {
  layers::Linear proj, out;
  explicit GegluMlp(int64_t width);
  Tensor forward(const Tensor& x) const;
};

struct TransformerBlock : layers::Module {
  CrossAttention attn1;  ///< of the tokens with themselves
  GegluMlp ff;
  CrossAttention attn2;  ///< of the tokens with the context
  layers::LayerNorm norm1, norm2, norm3;
  TransformerBlock(int64_t width, int64_t context, int64_t heads);
  Tensor forward(const Tensor& x, const Tensor& context) const;
};

/// Pixels as tokens through `depth` transformer blocks, added to the input.
struct SpatialTransformer : layers::Module {
  layers::GroupNorm norm;
  // One of the two pairs: SD 1.x projects with 1x1 convolutions, SD 2.x and SDXL with linear layers.
  std::optional<layers::Conv2d> conv_in, conv_out;
  std::optional<layers::Linear> linear_in, linear_out;
  layers::ModuleList<TransformerBlock> transformer_blocks;
  SpatialTransformer(int64_t channels, int64_t context, int64_t heads, int64_t depth, bool linear, int64_t groups);
  Tensor forward(const Tensor& x, const Tensor& context) const;
};

struct Downsample : layers::Module {
  layers::Conv2d op;  ///< 3x3, stride 2
  explicit Downsample(int64_t channels);
};

struct Upsample : layers::Module {
  layers::Conv2d conv;  ///< 3x3 after enlarging
  explicit Upsample(int64_t channels);
  /// Enlarges by nearest neighbour to `height` x `width`: twice the input, or the odd size of the skip connection.
  Tensor forward(const Tensor& x, int64_t height, int64_t width) const;
};

}  // namespace darkroom::models
