#include "models/clip_text.h"

#include "layers/attention.h"
#include "layers/checkpointing.h"
#include "layers/emulated_precision.h"
#include "layers/stored_weight.h"

namespace darkroom::models {

ClipTextLayer::SelfAttention::SelfAttention(int64_t width, int64_t heads)
    : q_proj(width, width), k_proj(width, width), v_proj(width, width), out_proj(width, width), heads(heads) {
  add("q_proj", q_proj);
  add("k_proj", k_proj);
  add("v_proj", v_proj);
  add("out_proj", out_proj);
}

Tensor ClipTextLayer::SelfAttention::forward(const Tensor& x) const {
  return out_proj.forward(
      layers::attention(q_proj.forward(x), k_proj.forward(x), v_proj.forward(x), heads, /*causal=*/true));
}

ClipTextLayer::Mlp::Mlp(int64_t width, int64_t inner, TextActivation activation)
    : fc1(width, inner), fc2(inner, width), activation(activation) {
  add("fc1", fc1);
  add("fc2", fc2);
}

Tensor ClipTextLayer::Mlp::forward(const Tensor& x) const {
  const Tensor h = fc1.forward(x);
  return fc2.forward(activation == TextActivation::gelu ? at::gelu(h) : h * at::sigmoid(h * 1.702));
}

ClipTextLayer::ClipTextLayer(const ClipTextConfig& config)
    : layer_norm1(config.width, config.eps),
      self_attn(config.width, config.heads),
      layer_norm2(config.width, config.eps),
      mlp(config.width, config.inner, config.activation) {
  add("layer_norm1", layer_norm1);
  add("self_attn", self_attn);
  add("layer_norm2", layer_norm2);
  add("mlp", mlp);
}

Tensor ClipTextLayer::forward(const Tensor& x) const {
  const Tensor h = x + self_attn.forward(layer_norm1.forward(x));
  return h + mlp.forward(layer_norm2.forward(h));
}

ClipTextEmbeddings::ClipTextEmbeddings(const ClipTextConfig& config)
    : token(at::empty({config.vocabulary, config.width})), position(at::empty({config.positions, config.width})) {
  add("token_embedding.weight", token);
  add("position_embedding.weight", position);
}

Tensor ClipTextEmbeddings::forward(const Tensor& ids, at::ScalarType type,
                                   const std::vector<TokenVectors>& instead) const {
  // Stored in whatever the file has: only the rows that are read are widened.
  Tensor x = layers::in_type(at::embedding(token, ids), type);
  for (const TokenVectors& one : instead) x[one.row].narrow(0, one.position, one.vectors.size(0)).copy_(one.vectors);
  return x + layers::in_type(position.narrow(0, 0, ids.size(1)), type);
}

ClipText::ClipText(const ClipTextConfig& config)
    : config(config), embeddings(config), final_layer_norm(config.width, config.eps) {
  for (int64_t i = 0; i < config.layers; ++i) encoder_layers.emplace_back(config);
  add("text_model.embeddings", embeddings);
  add("text_model.encoder.layers", encoder_layers);
  add("text_model.final_layer_norm", final_layer_norm);
  if (config.projection > 0) {
    text_projection.emplace(config.width, config.projection, /*has_bias=*/false);
    add("text_projection", *text_projection);
  }
}

Tensor ClipText::hidden_state(const Tensor& ids, int64_t skipped, const std::vector<TokenVectors>& instead) const {
  TORCH_CHECK(ids.size(1) <= config.positions, "clip_text: ", ids.size(1), " tokens but ", config.positions,
              " positions");
  TORCH_CHECK(skipped >= 0 && skipped <= config.layers, "clip_text: cannot skip ", skipped, " of ", config.layers,
              " layers");
  const layers::NetworkScope in("text encoder");
  return through(embeddings.forward(ids, final_layer_norm.weight.scalar_type(), instead), 0, config.layers - skipped);
}

Tensor ClipText::last_state(const Tensor& hidden, int64_t skipped) const {
  const layers::NetworkScope in("text encoder");
  return through(hidden, config.layers - skipped, config.layers);
}

Tensor ClipText::through(Tensor x, int64_t first, int64_t end) const {
  for (int64_t i = first; i < end; ++i)
    x = layers::checkpointed(
        [&layer = encoder_layers[i]](const std::vector<Tensor>& inputs) { return layer.forward(inputs[0]); }, {x});
  return x;
}

Tensor ClipText::pooled(const Tensor& last, const Tensor& ids, int64_t eos) const {
  TORCH_CHECK(text_projection.has_value(), "clip_text: pooled() needs a text_projection");
  const layers::NetworkScope in("text encoder");
  const Tensor first_eos = ids.eq(eos).to(at::kInt).argmax(-1);  // argmax answers the first of equal values
  const Tensor rows = at::arange(ids.size(0), ids.options());
  return text_projection->forward(normed(last).index({rows, first_eos}));
}

}  // namespace darkroom::models
