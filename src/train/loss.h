// Losses: prediction against target -> scalar.
#pragma once

#include "base/tensor.h"
#include "models/vae.h"
#include "train/config.h"

namespace darkroom::train {

/// Mean structural similarity of two batches of pictures in [0, 1] over 7x7 windows (Wang et al. 2004), in [-1, 1].
Tensor structural_similarity(const Tensor& a, const Tensor& b);

/// Mean absolute difference of the horizontal and vertical neighbour differences.
Tensor gradient_difference(const Tensor& a, const Tensor& b);

/// Mean over elements of the KL divergence of N(mean, variance) from N(0, 1).
Tensor kl_divergence(const models::Posterior& posterior);

/// l1 + ssim_weight (1 - SSIM) + gradient_weight gradient + kl_weight KL. Pictures in [-1, 1]; the three picture terms
/// are taken on [0, 1].
Tensor vae_loss(const VaeTraining& options, const Tensor& picture, const Tensor& reconstruction,
                const models::Posterior& posterior);

/// 10 log10(1 / mean squared error) in dB for pictures in [-1, 1], each clamped, averaged over the batch.
double mean_psnr(const Tensor& picture, const Tensor& reconstruction);

}  // namespace darkroom::train
