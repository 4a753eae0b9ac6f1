// The pictures of a data set as latents: encoded once, kept beside the run, so that going on does not encode again.
#pragma once

#include <filesystem>

#include "models/vae.h"
#include "train/dataset.h"
#include "train/training_log.h"

namespace darkroom::train {

/// Scaled posterior means of every picture of `dataset`, [N, C, S/8, S/8] fp32, in its order. The posterior's deviation
/// is about 1 % and left out. Taken from folder/latents.safetensors where that was made of the same pictures, byte for
/// byte, by the same VAE; else encoded, and kept there. Progress goes to `log` at `step`.
/// Throws as read_picture(), and Error{io} where the latents cannot be kept.
Tensor encoded_dataset(models::AutoencoderKL& vae, const Dataset& dataset, const std::filesystem::path& folder,
                       TrainingLog& log, int64_t step);

}  // namespace darkroom::train
