// Classifier-free guidance (Ho & Salimans 2022): away from the unconditional answer, through the conditional one.
#pragma once

#include <functional>
#include <utility>

#include "diffusion/denoiser.h"
#include "diffusion/parameterization.h"

namespace darkroom::diffusion {

/// Both answers at once: {conditional, unconditional}, each as a Denoiser would give it.
using PairDenoiser = std::function<std::pair<Tensor, Tensor>(const Tensor& x, double sigma)>;

/// u + scale * (c - u), where c and u are the conditional and unconditional answers (A1111's CFG scale). At scale 1
/// that is c, and the unconditional half is never asked.
Denoiser guided(Denoiser conditional, Denoiser unconditional, double scale);

/// The same from one call for both halves, as a network that runs them as one batch. `conditional` alone serves
/// scale 1.
Denoiser guided(PairDenoiser both, Denoiser conditional, double scale);

/// The same, leaving the unconditional half of each answer in `unconditional`, which must outlive it; asks for both
/// halves at every scale.
Denoiser guided(PairDenoiser both, double scale, Tensor& unconditional);

/// Takes back how far guidance changed the spread of the network's output (Lin et al. 2023, section 3.4; diffusers'
/// guidance_rescale): the output is multiplied by share * std(conditional) / std(guided) + 1 - share, for each picture.
/// `guidance` must be guided(), or the like, at `scale` (not 0), leaving its unconditional half in `unconditional`.
Denoiser rescaled(Denoiser guidance, double scale, const Tensor& unconditional, Prediction prediction, double share);

/// Two answers from two calls.
PairDenoiser as_pair(Denoiser conditional, Denoiser unconditional);

/// Two answers from one Denoiser of twice the batch: it gets x twice, [2B,C,H,W], and must answer the first B
/// conditionally, the rest unconditionally (A1111's order).
PairDenoiser as_one_batch(Denoiser doubled);

}  // namespace darkroom::diffusion
