#include "models/unet_blocks.h"

#include <cmath>

#include "layers/attention.h"
#include "layers/checkpointing.h"
#include "layers/fast_paths.h"
#include "layers/upsampling.h"
#include "layers/work.h"

namespace darkroom::models {
namespace {

// Numbers that cross-attention and MLP keep for their backward pass, for each of their input's: after the norm,
// queries, what is found, the sum; after the norm, before GELU, after it.
constexpr int64_t kKeptAfterSelfAttention = 4 + 1 + 8 + 4;

}  // namespace

Tensor timestep_embedding(const Tensor& t, int64_t width) {
  const int64_t half = width / 2;
  const Tensor frequencies = at::exp(at::arange(half, at::kFloat) * (-std::log(10000.0) / double(half)));
  const Tensor angles = t.to(at::kFloat).unsqueeze(1) * frequencies.unsqueeze(0);
  return at::cat({angles.cos(), angles.sin()}, -1);
}

EmbeddingMlp::EmbeddingMlp(int64_t in, int64_t out) : first(in, out), second(out, out) {
  add("0", first);
  add("2", second);
}

Tensor EmbeddingMlp::forward(const Tensor& x) const {
  return second.forward(at::silu(first.forward(x)));
}

ResBlock::ResBlock(int64_t in, int64_t out, int64_t embedding, int64_t groups)
    : in_norm(groups, in, 1e-5),
      in_conv(in, out, 3, 1, 1),
      emb(embedding, out),
      out_norm(groups, out, 1e-5),
      out_conv(out, out, 3, 1, 1) {
  add("in_layers.0", in_norm);
  add("in_layers.2", in_conv);
  add("emb_layers.1", emb);
  add("out_layers.0", out_norm);
  add("out_layers.3", out_conv);
  if (in != out) {
    skip_connection.emplace(in, out, 1);
    add("skip_connection", *skip_connection);
  }
}

Tensor ResBlock::forward(const Tensor& x, const Tensor& embedding) const {
  Tensor h = in_conv.forward(in_norm.silu(x));
  h = h + emb.forward(at::silu(embedding)).unsqueeze(-1).unsqueeze(-1);
  h = out_conv.forward(out_norm.silu(h));
  return (skip_connection ? skip_connection->forward(x) : x) + h;
}

CrossAttention::CrossAttention(int64_t width, int64_t context, int64_t heads)
    : to_q(width, width, false),
      to_k(context, width, false),
      to_v(context, width, false),
      to_out(width, width),
      heads(heads) {
  add("to_q", to_q);
  add("to_k", to_k);
  add("to_v", to_v);
  add("to_out.0", to_out);
}

Tensor CrossAttention::forward(const Tensor& x, const Tensor& context) const {
  const KeysAndValues of = keys_and_values(context, context.is_same(x));
  return to_out.forward(layers::attention(to_q.forward(x), of.keys, of.values, heads));
}

CrossAttention::KeysAndValues CrossAttention::keys_and_values(const Tensor& context, bool is_own) const {
  const auto make = [&] {
    return KeysAndValues{context, to_k.weight, to_v.weight, to_k.forward(context), to_v.forward(context)};
  };
  // Weights that are trained change in place, and with a side path it is not the weights alone that decide.
  if (is_own || !layers::fast_paths() || at::GradMode::is_enabled() || to_k.weight.requires_grad() || to_k.side ||
      to_v.side)
    return make();
  for (const KeysAndValues& known : known_)
    if (known.context.is_same(context) && known.key_weight.is_same(to_k.weight) &&
        known.value_weight.is_same(to_v.weight))
      return known;
  known_[1] = std::move(known_[0]);
  return known_[0] = make();
}

int64_t CrossAttention::own_packed_bytes() const {
  int64_t bytes = 0;
  for (const KeysAndValues& known : known_)
    if (known.keys.defined()) bytes += int64_t(known.keys.nbytes() + known.values.nbytes());
  return bytes;
}

GegluMlp::GegluMlp(int64_t width) : proj(width, width * 8), out(width * 4, width) {
  add("net.0.proj", proj);
  add("net.2", out);
}

Tensor GegluMlp::forward(const Tensor& x) const {
  return out.forward(proj.geglu(x));
}

TransformerBlock::TransformerBlock(int64_t width, int64_t context, int64_t heads)
    : attn1(width, width, heads), ff(width), attn2(width, context, heads), norm1(width), norm2(width), norm3(width) {
  add("attn1", attn1);
  add("ff", ff);
  add("attn2", attn2);
  add("norm1", norm1);
  add("norm2", norm2);
  add("norm3", norm3);
}

Tensor TransformerBlock::forward(const Tensor& x, const Tensor& context) const {
  const Tensor normed = norm1.forward(x);
  const Tensor h = x + attn1.forward(normed, normed);
  const auto rest = [this](const std::vector<Tensor>& in) {
    const Tensor told = in[0] + attn2.forward(norm2.forward(in[0]), in[1]);
    return told + ff.forward(norm3.forward(told));
  };
  // Weights that are trained take so much more that keeping less of the rest is not worth the time.
  const int64_t kept = ff.proj.weight.requires_grad() ? 0 : kKeptAfterSelfAttention * h.numel();
  return layers::checkpointed_if_large(rest, {h, context}, kept);
}

SpatialTransformer::SpatialTransformer(int64_t channels, int64_t context, int64_t heads, int64_t depth, bool linear,
                                       int64_t groups)
    : norm(groups, channels, 1e-6) {
  add("norm", norm);
  if (linear) {
    linear_in.emplace(channels, channels);
    linear_out.emplace(channels, channels);
    add("proj_in", *linear_in);
    add("proj_out", *linear_out);
  } else {
    conv_in.emplace(channels, channels, 1);
    conv_out.emplace(channels, channels, 1);
    add("proj_in", *conv_in);
    add("proj_out", *conv_out);
  }
  for (int64_t i = 0; i < depth; ++i) transformer_blocks.emplace_back(channels, context, heads);
  add("transformer_blocks", transformer_blocks);
}

Tensor SpatialTransformer::forward(const Tensor& x, const Tensor& context) const {
  const int64_t batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  Tensor h = norm.forward(x);
  if (conv_in) h = conv_in->forward(h);
  h = h.permute({0, 2, 3, 1}).reshape({batch, height * width, channels});  // a view for channels-last input
  if (linear_in) h = linear_in->forward(h);
  for (const auto& block : transformer_blocks) h = block.forward(h, context);
  if (linear_out) h = linear_out->forward(h);
  h = h.view({batch, height, width, channels}).permute({0, 3, 1, 2});
  if (conv_out) h = conv_out->forward(h);
  return h + x;
}

Downsample::Downsample(int64_t channels) : op(channels, channels, 3, 2, 1) {
  add("op", op);
}

Upsample::Upsample(int64_t channels) : conv(channels, channels, 3, 1, 1) {
  add("conv", conv);
}

Tensor Upsample::forward(const Tensor& x, int64_t height, int64_t width) const {
  return conv.forward(layers::enlarged(x, height, width));
}

}  // namespace darkroom::models
