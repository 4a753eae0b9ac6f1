// What somebody asks for: plain data, complete. Names, ranges and help of its members are rows of request_fields.cpp.
#pragma once

#include <cstdint>
#include <string>

namespace darkroom::generate {

struct GenerateRequest {
  std::string prompt;
  std::string negative_prompt;
  int steps = 20;
  std::string sampler = "DPM++ 2M";
  std::string schedule = "Automatic";  ///< the spacing of noise levels; Automatic = the sampler's own
  double cfg_scale = 7;
  int64_t seed = -1;               ///< of the first picture, picture i has seed + i; -1 = drawn at random
  int64_t variation_seed = -1;     ///< noise mixed into that of `seed`; picture i has variation_seed + i; -1 = drawn
  double variation_strength = 0;   ///< its share; above 0 every picture has the same seed
  int seed_resize_from_width = 0;  ///< pixels whose noise is put into the middle; 0 = none
  int seed_resize_from_height = 0;
  int64_t seed_delta = 0;   ///< added to the seed of the noise drawn while sampling ("ENSD")
  std::string rng = "CPU";  ///< whose random numbers a seed stands for: CPU, NV
  int width = 0;            ///< pixels; 0 = the model's own size
  int height = 0;
  std::string model;         ///< a file or folder; empty = the model that comes with the program
  std::string vae;           ///< a file or folder; empty = the model's own
  bool lora_beside = false;  ///< plain LoRA computed beside the weights instead of merged into them
  std::string lora_dir;      ///< where the LoRA files that tags name lie; empty = see lora_folder.h
  int clip_skip = 1;         ///< which layer of the text encoder is read, from the end, as A1111 counts (SD 1.x only)
  double eta = -1;           ///< share of fresh noise of ancestral and SDE samplers and DDIM; -1 = the sampler's own
  double s_noise = 1;
  double s_churn = 0;                ///< Euler, Heun, DPM2: noise added over the whole run ...
  double s_tmin = 0;                 ///< ... only at levels in [s_tmin, s_tmax]
  double s_tmax = 0;                 ///< 0 = no limit
  int order = 0;                     ///< of multistep samplers and DPM adaptive, at most; 0 = the sampler's own
  double relative_tolerance = 0.05;  ///< DPM adaptive
  double absolute_tolerance = 0.0078;
  double sigma_min = 0;  ///< ends of the noise levels; 0 = the model's
  double sigma_max = 0;
  double rho = 0;                    ///< curvature of Karras and Polyexponential; 0 = their own
  bool discards_lowest = false;      ///< one level more, without the lowest positive one, with every sampler
  std::string profile = "darkroom";  ///< whose habits the run follows: a name of diffusion::profiles()
  std::string noise = "Automatic";   ///< drawn while sampling; Automatic = the profile's
  int batch_size = 1;                ///< pictures made at once: more memory, the same pictures
  int batch_count = 1;               ///< batches made one after another
  std::string precision = "auto";
  bool plain = false;  ///< no fast paths: what they are held against
  int threads = 0;     ///< 0 = one per usable core

  int pictures() const { return batch_size * batch_count; }
};

}  // namespace darkroom::generate
