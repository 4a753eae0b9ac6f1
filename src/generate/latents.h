// Between latents and pictures of a loaded model.
#pragma once

#include <vector>

#include "generate/loaded_model.h"

namespace darkroom::generate {

/// Of one picture: [C, H/8, W/8]. Requires: a settled request.
std::vector<std::int64_t> latent_shape(const LoadedModel::Parts& parts, const GenerateRequest& request);

/// `x`, unless it holds values that are no numbers: then throws Error{internal} that says what was being done.
Tensor require_numbers(Tensor x, const char* what);

/// Throws Error{invalid_request} that lists the names.
models::VaeDecoding vae_decoding_named(std::string_view name);

/// The latents of pictures [B,3,H,W] in [-1, 1], one by one, so that a picture's do not depend on its batch.
/// Parity: the middle of what the VAE thinks possible; A1111 draws from it, with a generator nobody seeds.
Tensor encoded(const LoadedModel::Parts& parts, const Tensor& pictures);

/// One latent [C,h,w] as a picture, by the decoder that was chosen for the model.
Image decoded(const LoadedModel::Parts& parts, const Tensor& latent);

/// The same to look at while sampling goes on.
Image preview(const LoadedModel::Parts& parts, const Tensor& latent, PreviewKind kind);

}  // namespace darkroom::generate
