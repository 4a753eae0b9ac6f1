#include "models/esrgan.h"

namespace darkroom::models {
namespace {

constexpr double kResidualScale = 0.2;

Tensor leaky(const Tensor& x) {
  return at::leaky_relu(x, 0.2);
}

Tensor doubled(const Tensor& x) {
  return at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
}

/// Grown at the right and at the bottom until `factor` divides its sides.
Tensor padded(const Tensor& x, int64_t factor) {
  const int64_t right = (factor - x.size(3) % factor) % factor, below = (factor - x.size(2) % factor) % factor;
  if (right == 0 && below == 0) return x;
  // Mirroring needs as many pixels as it makes.
  if (x.size(3) <= right || x.size(2) <= below) return at::replication_pad2d(x, {0, right, 0, below});
  return at::reflection_pad2d(x, {0, right, 0, below});
}

}  // namespace

EsrganDenseBlock::EsrganDenseBlock(int64_t features, int64_t growth)
    : conv1(features, growth, 3, 1, 1),
      conv2(features + growth, growth, 3, 1, 1),
      conv3(features + 2 * growth, growth, 3, 1, 1),
      conv4(features + 3 * growth, growth, 3, 1, 1),
      conv5(features + 4 * growth, features, 3, 1, 1) {
  add("conv1", conv1);
  add("conv2", conv2);
  add("conv3", conv3);
  add("conv4", conv4);
  add("conv5", conv5);
}

Tensor EsrganDenseBlock::forward(const Tensor& x) const {
  Tensor seen = x;
  for (const layers::Conv2d* conv : {&conv1, &conv2, &conv3, &conv4})
    seen = at::cat({seen, leaky(conv->forward(seen))}, 1);
  return conv5.forward(seen) * kResidualScale + x;
}

EsrganBlock::EsrganBlock(int64_t features, int64_t growth)
    : rdb1(features, growth), rdb2(features, growth), rdb3(features, growth) {
  add("rdb1", rdb1);
  add("rdb2", rdb2);
  add("rdb3", rdb3);
}

Tensor EsrganBlock::forward(const Tensor& x) const {
  return rdb3.forward(rdb2.forward(rdb1.forward(x))) * kResidualScale + x;
}

Esrgan::Esrgan(const EsrganConfig& c)
    : config(c),
      conv_first(c.channels * c.folded_pixels * c.folded_pixels, c.features, 3, 1, 1),
      conv_body(c.features, c.features, 3, 1, 1),
      conv_hr(c.features, c.features, 3, 1, 1),
      conv_last(c.features, c.channels, 3, 1, 1) {
  for (int64_t i = 0; i < c.blocks; ++i) body.emplace_back(c.features, c.growth);
  add("conv_first", conv_first);
  add("body", body);
  add("conv_body", conv_body);
  for (int64_t i = 0; i < c.doublings; ++i)
    add("conv_up" + std::to_string(i + 1), conv_up.emplace_back(c.features, c.features, 3, 1, 1));
  add("conv_hr", conv_hr);
  add("conv_last", conv_last);
}

Tensor Esrgan::forward(const Tensor& pictures) const {
  Tensor x = padded(pictures, config.folded_pixels);
  if (config.folded_pixels > 1) x = at::pixel_unshuffle(x, config.folded_pixels);
  const Tensor first = conv_first.forward(x.contiguous(at::MemoryFormat::ChannelsLast));
  Tensor h = first;
  for (const EsrganBlock& block : body) h = block.forward(h);
  h = first + conv_body.forward(h);
  for (const layers::Conv2d& conv : conv_up) h = leaky(conv.forward(doubled(h)));
  const Tensor enlarged = conv_last.forward(leaky(conv_hr.forward(h)));
  return enlarged.narrow(2, 0, pictures.size(2) * config.scale()).narrow(3, 0, pictures.size(3) * config.scale());
}

}  // namespace darkroom::models
