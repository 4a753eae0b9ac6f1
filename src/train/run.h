// A training run from its options to the finished model.
#pragma once

#include "base/progress.h"
#include "train/config.h"
#include "train/lora_run.h"

namespace darkroom::train {

/// Runs the training, or continues it from output_dir/state.safetensors when that exists: the continued run ends with
/// the same bits as an uninterrupted one. Writes output_dir/options.toml (every option, resolved), log.csv,
/// state.safetensors and at the end the model:
/// - VaeTraining: output_dir/vae, a diffusers AutoencoderKL folder with the averaged weights;
/// - DiffusionTraining: output_dir/model, a complete diffusers folder;
/// - LoraTraining: output_dir/<output_name>.safetensors, curves for TensorBoard in logs/, and sample/ (hooks).
/// progress may throw Error{cancelled}: the state is saved and the error passed on.
void run_training(const Training& training, const Progress& progress, const LoraHooks& hooks = {});

/// What run_training() would do (lora_run.h), on this machine: in the precision it would train in.
LoraPlan plan_training(const LoraTraining& training, const Progress& progress, bool probes);

/// Threads libtorch computes with; 0 = one per physical core this process may use. Requires: threads >= 0.
void set_threads(int threads);

void run_vae_training(const VaeTraining& options, const std::string& resolved, const Progress& progress);
void run_diffusion_training(const DiffusionTraining& options, const std::string& resolved, const Progress& progress);

}  // namespace darkroom::train
