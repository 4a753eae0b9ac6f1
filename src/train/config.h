// What a training run is told, from a TOML file. Every option has a default except the paths; an unknown key is an
// error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
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
  std::string mixed_precision = "no";       ///< no, bf16
  int64_t save_every_n_steps = 500;         ///< resumable state, written atomically
  int64_t log_every_n_steps = 20;
};

/// Training of an AutoencoderKL on cut-out pictures over random backgrounds.
struct VaeTraining {
  RunConfig run;
  std::filesystem::path dataset;  ///< folder with manifest.json, whose "cutouts" are RGBA pictures
  int64_t crop = 64;              ///< pixels per side of the random crops
  std::vector<int64_t> channels = {16, 32, 96, 128};
  int64_t res_blocks = 1;
  int64_t groups = 2;
  double white_background = 0.25;  ///< share of white backgrounds; the others are uniform random colours
  double l1_weight = 1.0, ssim_weight = 0.3, gradient_weight = 0.5, kl_weight = 3e-4;
  int64_t validate_every_n_steps = 500;
};

/// Joint training of a text encoder and a UNet on captioned pictures, through a finished VAE.
struct DiffusionTraining {
  RunConfig run;
  std::filesystem::path dataset;     ///< folder with manifest.json, see tools/emoji/README.md
  std::filesystem::path vae;         ///< diffusers VAE folder, as VaeTraining writes it
  std::filesystem::path tokenizer;   ///< folder with vocab.json and merges.txt
  std::filesystem::path start_from;  ///< model folder whose text encoder and UNet to start with; empty = initialise
  std::vector<int64_t> channels = {64, 128, 192};
  std::vector<int64_t> depth = {0, 1, 1};
  int64_t res_blocks = 1;
  int64_t head_width = 32;
  int64_t groups = 8;
  int64_t text_width = 192, text_layers = 3, text_heads = 6;
  int64_t caption_tokens = 24;      ///< tokens per caption, padded with the end token; longer ones are cut
  double full_length_share = 0.07;  ///< share of batches padded to all 77 positions, as generation pads
  double caption_dropout = 0.1;     ///< share of empty captions: what the unconditional half of CFG learns from
  double min_snr = 5.0;             ///< v-prediction loss weight min(snr + 1, min_snr + 1) / (snr + 1)
  // Written into the model folder as its recommended settings.
  int64_t recommended_steps = 25;
  double recommended_cfg_scale = 4.0;
  std::string model_name = "model";
};

using Training = std::variant<VaeTraining, DiffusionTraining>;

/// Reads `kind = "vae" | "diffusion"` and the options above, all at top level; relative paths are relative to the file.
/// Throws Error{not_found, invalid_request} naming the file, the key and what it may be.
Training read_training_config(const std::filesystem::path& path);

/// The options of a run.
RunConfig& run_config(Training& training);

/// Every option with its value, as TOML that read_training_config() reads back to the same training.
std::string resolved_toml(const Training& training);

}  // namespace darkroom::train
