// Values a network starts training with. Drawn from the generator given, in the order of the parameters' names.
#pragma once

#include "models/clip_text.h"
#include "models/unet.h"
#include "models/vae.h"

namespace darkroom::train {

/// The VAE: convolutions on the skip path (conv_in, down, up, 1x1 shortcuts) fan-in normal with gain 1 and biases +1,
/// -1 alternating over the channels; the second convolution of every residual block and the attention's output 0; the
/// last layers scaled down (encoder 0.5, decoder 0.3). With the usual initialisation group normalisation removes level
/// and contrast of flat pictures and training stalls around 18 dB.
void initialise(models::AutoencoderKL& vae, at::Generator& generator);

/// The UNet: as the VAE with biases +0.5, -0.5; ends of residual and transformer blocks and the last convolution 0.
void initialise(models::UNet& unet, at::Generator& generator);

/// The text encoder: token vectors of standard deviation 1, positions 0.1, the attention output and the second MLP
/// layer of every block 0, so that the context starts as normalised word vectors and no word drowns in padding.
void initialise(models::ClipText& text, at::Generator& generator);

}  // namespace darkroom::train
