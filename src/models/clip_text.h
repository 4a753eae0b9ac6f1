// The text encoders: CLIP ViT-L (SD 1.x, SDXL's first) and the OpenCLIP ones (SD 2.x, SDXL's second) are one network
// with other sizes and another activation (Radford et al., arXiv 2103.00020). Names: transformers' CLIPTextModel.
#pragma once

#include <optional>
#include <vector>

#include "layers/linear.h"
#include "layers/module.h"
#include "layers/norm.h"

namespace darkroom::models {

enum class TextActivation { quick_gelu, gelu };  // x·sigmoid(1.702 x), and the exact GELU

struct ClipTextConfig {
  int64_t vocabulary = 49408;
  int64_t width = 768;
  int64_t inner = 3072;  ///< of the MLP
  int64_t layers = 12;
  int64_t heads = 12;
  int64_t positions = 77;
  TextActivation activation = TextActivation::quick_gelu;
  int64_t projection = 0;  ///< width of text_projection; 0 = the model has none
  double eps = 1e-5;
};

struct ClipTextLayer : layers::Module {
  struct SelfAttention : Module {
    layers::Linear q_proj, k_proj, v_proj, out_proj;
    int64_t heads;
    SelfAttention(int64_t width, int64_t heads);
    Tensor forward(const Tensor& x) const;  ///< causal
  };
  struct Mlp : Module {
    layers::Linear fc1, fc2;
    TextActivation activation;
    Mlp(int64_t width, int64_t inner, TextActivation activation);
    Tensor forward(const Tensor& x) const;
  };
  layers::LayerNorm layer_norm1;
  SelfAttention self_attn;
  layers::LayerNorm layer_norm2;
  Mlp mlp;

  explicit ClipTextLayer(const ClipTextConfig& config);
  Tensor forward(const Tensor& x) const;  ///< [B, T, width], pre-norm residual block
};

/// Vectors that stand for tokens: in row `row`, from position `position` on, [n, width].
struct TokenVectors {
  int64_t row = 0, position = 0;
  Tensor vectors;
};

/// Token and position tables.
struct ClipTextEmbeddings : layers::Module {
  Tensor token;     ///< [vocabulary, width]
  Tensor position;  ///< [positions, width]
  explicit ClipTextEmbeddings(const ClipTextConfig& config);
  /// In `type`, whatever the tables are stored in.
  Tensor forward(const Tensor& ids, at::ScalarType type, const std::vector<TokenVectors>& instead = {}) const;
};

struct ClipText : layers::Module {
  ClipTextConfig config;
  ClipTextEmbeddings embeddings;
  layers::ModuleList<ClipTextLayer> encoder_layers;
  layers::LayerNorm final_layer_norm;
  std::optional<layers::Linear> text_projection;

  explicit ClipText(const ClipTextConfig& config);

  /// The state after all but the last `skipped` layers (transformers' hidden_states[-1 - skipped]); later layers are
  /// not computed. ids [B, T] int64 with T <= positions -> [B, T, width]. `instead`: of what the table says for ids.
  Tensor hidden_state(const Tensor& ids, int64_t skipped, const std::vector<TokenVectors>& instead = {}) const;

  /// hidden_state(ids, 0) from the one that skipped the last `skipped` layers.
  Tensor last_state(const Tensor& hidden, int64_t skipped) const;

  /// final_layer_norm of a hidden state.
  Tensor normed(const Tensor& hidden) const { return final_layer_norm.forward(hidden); }

  /// text_projection of the final-normed last state at the first `eos` of every row. Requires a projection.
  /// last [B, T, width] (hidden_state(ids, 0)) -> [B, projection].
  Tensor pooled(const Tensor& last, const Tensor& ids, int64_t eos) const;

 private:
  /// Layers first .. end.
  Tensor through(Tensor x, int64_t first, int64_t end) const;
};

}  // namespace darkroom::models
