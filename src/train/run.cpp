#include "train/run.h"

#include <ATen/Parallel.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "formats/atomic_file.h"
#include "layers/tensor_memory.h"

namespace darkroom::train {
namespace {

/// bf16 on a CPU without its arithmetic would be emulated, many times slower than fp32 and less exact: train in fp32.
/// fp16 is asked for what it does to the numbers (its speed no CPU kernel of libtorch has), so they get it.
void settle_precision(RunConfig& run) {
  if (run.mixed_precision == "bf16" && !cpu_has_bf16()) {
    log_info("mixed_precision bf16: this CPU has no bf16 arithmetic, so the run computes in fp32");
    run.mixed_precision = "no";
  } else if (run.mixed_precision == "fp16") {
    log_info(
        "mixed_precision fp16: a CPU has no fp16 products, so numbers are rounded to fp16 and computed with in fp32; "
        "\"{}\" is faster here",
        cpu_has_bf16() && !cpu_is_slow_at_bf16() ? "bf16" : "no");
  }
  if (run.weights_in == "fp16")
    log_info("full_fp16: weights and gradients are rounded to fp16 and kept in fp32, which takes no less memory");
}

}  // namespace

void set_threads(int threads) {
  at::set_num_threads(threads > 0 ? threads : usable_cores());
}

LoraPlan plan_training(const LoraTraining& training, const Progress& progress, bool probes) {
  layers::use_tensor_memory();
  LoraTraining settled = training;
  settle_precision(settled.run);
  return plan_lora_training(settled, resolved_toml(settled), progress, probes);
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
  // Of a LoRA run that may not be continued with these options, those of before stay on record.
  const std::filesystem::path record = run.output_dir / "options.toml";
  if (!std::holds_alternative<LoraTraining>(settled) || !std::filesystem::exists(record))
    formats::write_file(record, resolved);
  if (const auto* vae = std::get_if<VaeTraining>(&settled)) run_vae_training(*vae, resolved, progress);
  if (const auto* model = std::get_if<DiffusionTraining>(&settled)) run_diffusion_training(*model, resolved, progress);
  if (const auto* lora = std::get_if<LoraTraining>(&settled)) run_lora_training(*lora, resolved, progress, hooks);
}

}  // namespace darkroom::train
