// RRDBNet, the network of ESRGAN and Real-ESRGAN upscalers (Wang et al., arXiv 1809.00219 and 2107.10833). Names: those
// of BasicSR's rrdbnet_arch.py; the older ones are mapped in models/names.
#pragma once

#include "layers/conv2d.h"

namespace darkroom::models {

struct EsrganConfig {
  int64_t channels = 3;  ///< of pictures
  int64_t features = 64;
  int64_t growth = 32;  ///< of a dense block's layers
  int64_t blocks = 23;
  int64_t doublings = 2;      ///< convolutions after which the features are twice as large
  int64_t folded_pixels = 1;  ///< 2, 4: so many rows and columns of pixels become channels first (x2 and x1 models)

  int64_t scale() const { return (int64_t(1) << doublings) / folded_pixels; }
};

/// Five convolutions, each of which sees the results of all before it.
struct EsrganDenseBlock : layers::Module {
  layers::Conv2d conv1, conv2, conv3, conv4, conv5;
  EsrganDenseBlock(int64_t features, int64_t growth);
  Tensor forward(const Tensor& x) const;
};

struct EsrganBlock : layers::Module {
  EsrganDenseBlock rdb1, rdb2, rdb3;
  EsrganBlock(int64_t features, int64_t growth);
  Tensor forward(const Tensor& x) const;
};

struct Esrgan : layers::Module {
  EsrganConfig config;
  layers::Conv2d conv_first;
  layers::ModuleList<EsrganBlock> body;
  layers::Conv2d conv_body;
  std::deque<layers::Conv2d> conv_up;  ///< named conv_up1, conv_up2, ...
  layers::Conv2d conv_hr, conv_last;

  explicit Esrgan(const EsrganConfig& config);

  /// [B, channels, H, W] in [0, 1] -> [B, channels, scale·H, scale·W], about [0, 1]. Sides that the folding does not
  /// divide are continued by mirroring and cut off again.
  Tensor forward(const Tensor& pictures) const;
};

}  // namespace darkroom::models
