// What a training run is told, from a TOML file. Every option has a default except the paths; an unknown key is an
// error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "train/lora_training.h"
#include "train/run_config.h"

namespace darkroom::train {

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
  std::filesystem::path dataset;    ///< folder with manifest.json, see tools/emoji/README.md
  std::filesystem::path vae;        ///< diffusers VAE folder, as VaeTraining writes it
  std::filesystem::path tokenizer;  ///< folder with vocab.json and merges.txt
  std::filesystem::path
      start_from;  ///< model whose text encoder and UNet to start with (start_from.h); empty = initialise
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

using Training = std::variant<VaeTraining, DiffusionTraining, LoraTraining>;

/// Options said on a command line: name without dashes -> values; a flag has none.
using ToldOptions = std::map<std::string, std::vector<std::string>>;

/// Reads `kind = "vae" | "diffusion" | "lora"` and the options above, all at top level; relative paths are relative to
/// the file. A file of kohya's trainer, which says no kind and may have sections, is a LoRA training. What is told
/// counts over the file, and is for LoRA training only; the file may be empty.
/// Throws Error{not_found, invalid_request} naming the file, the key and what it may be.
Training read_training_config(const std::filesystem::path& path, const ToldOptions& told = {});

/// An option of a LoRA training, for the command line, help and tables.
struct OptionRow {
  std::string name, words;
  std::string standard;  ///< its value where nothing is said; "" = none
  bool is_flag = false, is_list = false;
  const char* type = "text";  ///< text, truth, whole, number, list, path
};
std::vector<OptionRow> lora_option_rows();

/// An option with the value it has.
struct OptionValue {
  std::string name;
  std::string text;               ///< of a list, its elements with blanks between
  std::vector<std::string> list;  ///< the elements; of others, the text alone
};
/// All of them, in the order of lora_option_rows().
std::vector<OptionValue> option_values(const LoraTraining& training);

/// What a TOML file of options says, its sections flattened: name -> text, lists with blanks between. Throws as
/// read_training_config() for a file that is missing or no TOML.
std::map<std::string, std::string> toml_options(const std::filesystem::path& path);

/// The options of a run.
RunConfig& run_config(Training& training);

/// Every option with its value, as TOML that read_training_config() reads back to the same training.
std::string resolved_toml(const Training& training);

}  // namespace darkroom::train
