#include "models/unet.h"

#include "layers/checkpointing.h"
#include "layers/emulated_precision.h"

namespace darkroom::models {

Tensor UNetBlock::forward(Tensor x, const Tensor& embedding, const Tensor& context) const {
  if (conv) x = conv->forward(x);
  if (res) x = res->forward(x, embedding);
  if (transformer) x = transformer->forward(x, context);
  if (second_res) x = second_res->forward(x, embedding);
  if (down) x = down->op.forward(x);
  return x;
}

UNet::UNet(const UNetConfig& c)
    : config(c),
      time_embed(c.channels[0], c.channels[0] * 4),
      out_norm(c.groups, c.channels[0], 1e-5),
      out_conv(c.channels[0], c.out_channels, 3, 1, 1) {
  const int64_t embedding = c.channels[0] * 4;
  const size_t levels = c.channels.size();
  TORCH_CHECK(c.depth.size() == levels && c.heads.size() == levels,
              "unet: depth and heads must have one entry per level");

  const auto add_transformer = [&](UNetBlock& block, size_t level, int64_t depth) {
    block.name_part(
        block.transformer.emplace(c.channels[level], c.context, c.heads[level], depth, c.linear_projections, c.groups));
  };
  add("time_embed", time_embed);
  if (c.vector > 0) {
    label_emb.emplace(c.vector, embedding);
    add("label_emb.0", *label_emb);
  }

  std::vector<int64_t> skips = {c.channels[0]};  // channels of every stored input, last one used first on the way up
  UNetBlock& first = input_blocks.emplace_back();
  first.name_part(first.conv.emplace(c.in_channels, c.channels[0], 3, 1, 1));
  int64_t width = c.channels[0];
  for (size_t level = 0; level < levels; ++level) {
    for (int64_t i = 0; i < c.res_blocks; ++i) {
      UNetBlock& block = input_blocks.emplace_back();
      block.name_part(block.res.emplace(width, c.channels[level], embedding, c.groups));
      width = c.channels[level];
      if (c.depth[level] > 0) add_transformer(block, level, c.depth[level]);
      skips.push_back(width);
    }
    if (level + 1 < levels) {
      UNetBlock& block = input_blocks.emplace_back();
      block.name_part(block.down.emplace(width));
      skips.push_back(width);
    }
  }
  middle_block.name_part(middle_block.res.emplace(width, width, embedding, c.groups));
  if (c.middle_depth > 0) add_transformer(middle_block, levels - 1, c.middle_depth);
  middle_block.name_part(middle_block.second_res.emplace(width, width, embedding, c.groups));

  for (size_t level = levels; level-- > 0;) {
    for (int64_t i = 0; i <= c.res_blocks; ++i) {
      UNetBlock& block = output_blocks.emplace_back();
      block.name_part(block.res.emplace(width + skips.back(), c.channels[level], embedding, c.groups));
      skips.pop_back();
      width = c.channels[level];
      if (c.depth[level] > 0) add_transformer(block, level, c.depth[level]);
      if (level > 0 && i == c.res_blocks) block.name_part(block.up.emplace(width));
    }
  }
  add("input_blocks", input_blocks);
  add("middle_block", middle_block);
  add("output_blocks", output_blocks);
  add("out.0", out_norm);
  add("out.2", out_conv);
}

Tensor UNet::forward(const Tensor& x, const Tensor& t, const Conditioning& conditioning) const {
  const Tensor waves = timestep_embedding(t, config.channels[0]).to(x.scalar_type());  // themselves always float32
  const layers::NetworkScope in("UNet");
  Tensor embedding = time_embed.forward(waves);
  if (label_emb) {
    TORCH_CHECK(conditioning.vector.defined(), "unet: this UNet needs a conditioning vector of width ", config.vector);
    embedding = embedding + label_emb->forward(conditioning.vector);
  }
  std::vector<Tensor> skips;
  const Tensor input = conditioning.picture.defined() ? at::cat({x, conditioning.picture}, 1) : x;
  TORCH_CHECK(input.size(1) == config.in_channels, "unet: ", config.in_channels, " channels are needed, got ",
              input.size(1));
  Tensor h = input.contiguous(at::MemoryFormat::ChannelsLast);
  const auto run = [&](const UNetBlock& block, const Tensor& in) {
    return layers::checkpointed(
        [&block](const std::vector<Tensor>& inputs) { return block.forward(inputs[0], inputs[1], inputs[2]); },
        {in, embedding, conditioning.context});
  };
  const auto used = [&](const UNetBlock& block) {
    if (on_used) on_used(block);
  };
  for (const auto& block : input_blocks) {
    h = run(block, h);
    used(block);
    skips.push_back(h);
  }
  h = run(middle_block, h);
  used(middle_block);
  for (const auto& block : output_blocks) {
    h = run(block, at::cat({h, skips.back()}, 1));
    skips.pop_back();
    if (block.up) h = block.up->forward(h, skips.back().size(2), skips.back().size(3));
    used(block);
  }
  return out_conv.forward(out_norm.silu(h));
}

}  // namespace darkroom::models
