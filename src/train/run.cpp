#include "train/run.h"

#include <ATen/Parallel.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "formats/atomic_file.h"
#include "layers/tensor_memory.h"

namespace darkroom::train {
namespace {

/// Half precision on a CPU without its arithmetic would be emulated, many times slower than fp32 and less exact: train
/// in fp32. No CPU libtorch multiplies fp16 matrices, so there bf16 is taken where it can be.
void settle_precision(RunConfig& run) {
  if (run.mixed_precision == "no") return;
  if (!cpu_has_bf16()) {
    log_info("mixed_precision {}: this CPU has no bf16 arithmetic, so the run computes in fp32", run.mixed_precision);
    run.mixed_precision = "no";
  } else if (run.mixed_precision == "fp16") {
    log_info("mixed_precision fp16: a CPU computes half precision as bf16, so the run does");
    run.mixed_precision = "bf16";
  }
}

}  // namespace

void set_threads(int threads) {
  at::set_num_threads(threads > 0 ? threads : usable_cores());
}

void run_training(const Training& training, const Progress& progress, const LoraHooks& hooks) {
  layers::use_tensor_memory();
  Training settled = training;
  RunConfig& run = run_config(settled);
  settle_precision(run);
  std::error_code error;
  std::filesystem::create_directories(run.output_dir, error);
  require(!error, ErrorKind::io, "start training: cannot make the folder \"{}\": {}", run.output_dir.string(),
          error.message());
  const std::string resolved = resolved_toml(settled);
  formats::write_file(run.output_dir / "options.toml", resolved);
  if (const auto* vae = std::get_if<VaeTraining>(&settled)) run_vae_training(*vae, resolved, progress);
  if (const auto* model = std::get_if<DiffusionTraining>(&settled)) run_diffusion_training(*model, resolved, progress);
  if (const auto* lora = std::get_if<LoraTraining>(&settled)) run_lora_training(*lora, resolved, progress, hooks);
}

}  // namespace darkroom::train
