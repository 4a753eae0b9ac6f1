#include "models/vae.h"

#include "layers/attention.h"
#include "layers/circular_padding.h"
#include "layers/emulated_precision.h"
#include "layers/fast_paths.h"
#include "layers/upsampling.h"
#include "layers/work.h"

namespace darkroom::models {
namespace {

using layers::RowRange;
using layers::Strips;

constexpr int64_t kStripRows = 48;                     // three more are computed in vain for each
constexpr int64_t kLargestWhole = int64_t(100) << 20;  // bytes of a picture inside the decoder that is not cut

std::vector<RowRange> ranges_of(int64_t height, int64_t width) {
  return layers::strip_ranges(height, width, kStripRows);
}

/// `conv` of the picture at twice the size.
Strips enlarged(Strips x, const layers::Conv2d& conv) {
  const int64_t height = 2 * x.height(), width = 2 * x.width();
  const auto window = [&](RowRange rows) {
    const RowRange small{rows.first / 2, (rows.end() + 1) / 2 - rows.first / 2};
    const Tensor large = layers::enlarged(x.rows(small), 2 * small.count, width);
    return large.narrow(2, rows.first - 2 * small.first, rows.count);
  };
  Strips y;
  for (const RowRange& range : ranges_of(height, width)) {
    y.add(layers::convolved_rows(conv, range, height, window));
    x.let_go_above((range.end() - layers::kRowsAbove) / 2);
  }
  return y;
}

}  // namespace

VaeResBlock::VaeResBlock(int64_t in, int64_t out, int64_t groups)
    : norm1(groups, in, 1e-6), conv1(in, out, 3, 1, 1), norm2(groups, out, 1e-6), conv2(out, out, 3, 1, 1) {
  add("norm1", norm1);
  add("conv1", conv1);
  add("norm2", norm2);
  add("conv2", conv2);
  if (in != out) {
    nin_shortcut.emplace(in, out, 1);
    add("nin_shortcut", *nin_shortcut);
  }
}

Tensor VaeResBlock::forward(const Tensor& x) const {
  Tensor h = conv1.forward(norm1.silu(x));
  h = conv2.forward(norm2.silu(h));
  return (nin_shortcut ? nin_shortcut->forward(x) : x) + h;
}

Strips VaeResBlock::forward(Strips x) const {
  const int64_t height = x.height();
  const std::vector<RowRange> ranges = ranges_of(height, x.width());
  const layers::ChannelScaling first = norm1.scaling(x.all());
  Strips h, shortcut, y;
  for (const RowRange& range : ranges) {
    h.add(layers::convolved_rows(conv1, range, height,
                                 [&](RowRange rows) { return x.scaled_rows(rows, first, /*silu=*/true); }));
    if (!nin_shortcut) continue;
    shortcut.add(nin_shortcut->forward(x.rows(range)));
    x.let_go_above(range.end() - layers::kRowsAbove);
  }
  if (nin_shortcut) x = std::move(shortcut);
  const layers::ChannelScaling second = norm2.scaling(h.all());
  for (const RowRange& range : ranges) {
    y.add(x.rows(range) + layers::convolved_rows(conv2, range, height, [&](RowRange rows) {
            return h.scaled_rows(rows, second, /*silu=*/true);
          }));
    x.let_go_above(range.end());
    h.let_go_above(range.end() - layers::kRowsAbove);
  }
  return y;
}

VaeAttention::VaeAttention(int64_t channels, int64_t groups)
    : norm(groups, channels, 1e-6),
      q(channels, channels, 1),
      k(channels, channels, 1),
      v(channels, channels, 1),
      proj_out(channels, channels, 1) {
  add("norm", norm);
  add("q", q);
  add("k", k);
  add("v", v);
  add("proj_out", proj_out);
}

Tensor VaeAttention::forward(const Tensor& x) const {
  const int64_t batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const auto tokens = [&](const Tensor& y) {
    return y.permute({0, 2, 3, 1}).reshape({batch, height * width, channels});
  };
  const Tensor h = norm.forward(x);
  const Tensor mixed = layers::attention(tokens(q.forward(h)), tokens(k.forward(h)), tokens(v.forward(h)), /*heads=*/1);
  return x + proj_out.forward(mixed.view({batch, height, width, channels}).permute({0, 3, 1, 2}));
}

VaeMiddle::VaeMiddle(int64_t channels, int64_t groups)
    : block_1(channels, channels, groups), attn_1(channels, groups), block_2(channels, channels, groups) {
  add("block_1", block_1);
  add("attn_1", attn_1);
  add("block_2", block_2);
}

Tensor VaeMiddle::forward(const Tensor& x) const {
  return block_2.forward(attn_1.forward(block_1.forward(x)));
}

VaeEncoder::VaeEncoder(const VaeConfig& c)
    : conv_in(c.picture_channels, c.channels[0], 3, 1, 1),
      mid(c.channels.back(), c.groups),
      norm_out(c.groups, c.channels.back(), 1e-6),
      conv_out(c.channels.back(), 2 * c.latent_channels, 3, 1, 1) {
  int64_t width = c.channels[0];
  for (size_t level = 0; level < c.channels.size(); ++level) {
    VaeLevel& part = down.emplace_back();
    for (int64_t i = 0; i < c.res_blocks; ++i) {
      part.block.emplace_back(width, c.channels[level], c.groups);
      width = c.channels[level];
    }
    if (level + 1 < c.channels.size()) {
      part.downsample.emplace(width, width, 3, 2, 0);
      part.name_downsample();
    }
  }
  add("conv_in", conv_in);
  add("down", down);
  add("mid", mid);
  add("norm_out", norm_out);
  add("conv_out", conv_out);
}

Tensor VaeEncoder::forward(const Tensor& pictures) const {
  Tensor h = conv_in.forward(pictures.contiguous(at::MemoryFormat::ChannelsLast));
  for (const auto& level : down) {
    for (const auto& block : level.block) h = block.forward(h);
    // Padding only at the right and bottom, as the original does.
    if (level.downsample) h = level.downsample->forward(at::constant_pad_nd(h, {0, 1, 0, 1}));
  }
  return conv_out.forward(norm_out.silu(mid.forward(h)));
}

VaeDecoder::VaeDecoder(const VaeConfig& c)
    : conv_in(c.latent_channels, c.channels.back(), 3, 1, 1),
      mid(c.channels.back(), c.groups),
      norm_out(c.groups, c.channels[0], 1e-6),
      conv_out(c.channels[0], c.picture_channels, 3, 1, 1) {
  for (size_t level = 0; level < c.channels.size(); ++level) {
    VaeLevel& part = up.emplace_back();
    int64_t width = level + 1 < c.channels.size() ? c.channels[level + 1] : c.channels.back();
    for (int64_t i = 0; i <= c.res_blocks; ++i) {
      part.block.emplace_back(width, c.channels[level], c.groups);
      width = c.channels[level];
    }
    if (level > 0) {
      part.upsample.emplace(width, width, 3, 1, 1);
      part.name_upsample();
    }
  }
  add("conv_in", conv_in);
  add("mid", mid);
  add("up", up);
  add("norm_out", norm_out);
  add("conv_out", conv_out);
}

Tensor VaeDecoder::forward(const Tensor& latents) const {
  Tensor h = mid.forward(conv_in.forward(latents.contiguous(at::MemoryFormat::ChannelsLast)));
  for (size_t level = up.size(); level-- > 0;) {
    for (const auto& block : up[level].block) h = block.forward(h);
    if (up[level].upsample) h = up[level].upsample->forward(layers::enlarged(h, 2 * h.size(2), 2 * h.size(3)));
  }
  return conv_out.forward(norm_out.silu(h));
}

bool VaeDecoder::can_use_strips(const Tensor& latents) const {
  return layers::fast_paths() && !at::GradMode::is_enabled() && !layers::pads_circularly() &&
         layers::can_fuse_group_norm(latents.contiguous(at::MemoryFormat::ChannelsLast), norm_out.weight);
}

Tensor VaeDecoder::forward_in_strips(const Tensor& latents) const {
  Strips h;
  h.add(mid.forward(conv_in.forward(latents.contiguous(at::MemoryFormat::ChannelsLast))));
  for (size_t level = up.size(); level-- > 0;) {
    for (const auto& block : up[level].block) h = block.forward(std::move(h));
    if (up[level].upsample) h = enlarged(std::move(h), *up[level].upsample);
  }
  const layers::ChannelScaling scaling = norm_out.scaling(h.all());
  const Tensor pixels =
      at::empty({1, conv_out.weight.size(0), h.height(), h.width()}, latents.options(), at::MemoryFormat::ChannelsLast);
  const auto window = [&](RowRange rows) { return h.scaled_rows(rows, scaling, /*silu=*/true); };
  for (const RowRange& range : ranges_of(h.height(), h.width()))
    pixels.narrow(2, range.first, range.count).copy_(layers::convolved_rows(conv_out, range, h.height(), window));
  return pixels;
}

AutoencoderKL::AutoencoderKL(const VaeConfig& c)
    : config(c),
      encoder(c),
      decoder(c),
      quant_conv(2 * c.latent_channels, 2 * c.latent_channels, 1),
      post_quant_conv(c.latent_channels, c.latent_channels, 1) {
  add("encoder", encoder);
  add("decoder", decoder);
  add("quant_conv", quant_conv);
  add("post_quant_conv", post_quant_conv);
}

Posterior AutoencoderKL::encode(const Tensor& pictures) const {
  const layers::NetworkScope in("VAE encoder");
  const auto halves = quant_conv.forward(encoder.forward(pictures)).chunk(2, 1);
  return {halves[0], halves[1].clamp(-30.0, 20.0)};
}

Tensor AutoencoderKL::decode(const Tensor& latents) const {
  const layers::NetworkScope in("VAE decoder");
  const Tensor x = post_quant_conv.forward(latents);
  const int64_t side = config.reduction(), widest = config.channels[std::min<size_t>(1, config.channels.size() - 1)];
  const bool is_large = x.size(2) * x.size(3) * side * side * widest * int64_t(x.element_size()) > kLargestWhole;
  const bool cuts =
      decoding == VaeDecoding::strips || (decoding == VaeDecoding::automatic && is_large && !layers::is_watched());
  if (!cuts || !decoder.can_use_strips(x)) return decoder.forward(x);
  std::vector<Tensor> pictures;
  for (const Tensor& one : x.split(1)) pictures.push_back(decoder.forward_in_strips(one));
  return pictures.size() == 1 ? pictures[0] : at::cat(pictures);
}

}  // namespace darkroom::models
