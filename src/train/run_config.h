// What every training run is told.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace darkroom::train {

/// Options of any run.
struct RunConfig {
  std::filesystem::path output_dir;  ///< log.csv, state.safetensors and the finished model go here
  int64_t steps = 1000;              ///< optimizer steps of the whole run; the lr schedule spans them
  int64_t batch_size = 32;
  uint64_t seed = 0;  ///< every random draw of step n depends on (seed, n) alone: resume is exact
  std::string optimizer = "AdamW";
  double learning_rate = 5e-4;
  double min_learning_rate = 0;        ///< where the cosine ends
  std::string lr_schedule = "cosine";  ///< cosine, constant; both after the warm-up
  int64_t warmup_steps = 100;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.01;  ///< of AdamW; the others take optimizer_args
  std::vector<std::string> optimizer_args;  ///< "d_coef=2", "betas=0.9,0.99": what else the optimizer is told
  double max_grad_norm = 1.0;               ///< global L2 norm over all parameters; 0 = no clipping
  double ema_decay = 0.999;                 ///< grows to this as (1 + n) / (10 + n)
  std::string mixed_precision = "no";       ///< no, bf16, fp16
  std::string weights_in = "fp32";          ///< fp32, bf16, fp16: what weights and gradients are rounded to and kept as
  int64_t save_every_n_steps = 500;         ///< resumable state, written atomically
  int64_t keep_states_of_last_steps = 0;    ///< besides the newest state and the one before it: all of the last so many
  int64_t log_every_n_steps = 20;
};

}  // namespace darkroom::train
