// What a latent looks like, without its VAE: each colour of eight by eight pixels as a sum over the latent's channels.
#pragma once

#include <functional>

#include "base/tensor.h"
#include "imaging/image.h"

namespace darkroom::generate {

struct LinearPreview {
  Tensor weight;      ///< [3, C], fp32
  Tensor bias;        ///< [3]
  int64_t reduction;  ///< pixels per side of a latent's place
};

/// Fitted, by least squares, to what `decode` makes of one smooth random latent: [1, C, h, w] as samplers have it to
/// [1, 3, h * reduction, w * reduction], about [-1, 1]. Costs the decoding of 16 x 16 places, once per VAE; the tables
/// for the VAEs of SD 1.x and XL that go round say nothing of others.
LinearPreview fitted_preview(const std::function<Tensor(const Tensor& latent)>& decode, int64_t channels,
                             int64_t reduction);

/// A latent [C, h, w] as a picture of its final size.
Image linear_picture(const LinearPreview& preview, const Tensor& latent);

}  // namespace darkroom::generate
