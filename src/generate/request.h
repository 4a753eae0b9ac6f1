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
  double cfg_rescale = 0;  ///< how far guidance may not change the spread of an answer: 0 as it comes, 1 not at all
  int64_t seed = -1;       ///< of the first picture, picture i has seed + i; -1 = drawn at random
  int64_t variation_seed = -1;     ///< noise mixed into that of `seed`; picture i has variation_seed + i; -1 = drawn
  double variation_strength = 0;   ///< its share; above 0 every picture has the same seed
  int seed_resize_from_width = 0;  ///< pixels whose noise is put into the middle; 0 = none
  int seed_resize_from_height = 0;
  int64_t seed_delta = 0;   ///< added to the seed of the noise drawn while sampling ("ENSD")
  bool tiling = false;      ///< opposite edges of the picture fit together
  std::string rng = "CPU";  ///< whose random numbers a seed stands for: CPU, NV
  int width = 0;            ///< pixels; 0 = the model's own size
  int height = 0;
  std::string model;                 ///< a file or folder; empty = the model that comes with the program
  std::string vae;                   ///< a file or folder; empty = the model's own
  std::string vae_decoder = "Full";  ///< what turns latents into the picture: Full (the VAE), TAESD
  std::string taesd;                 ///< its file; empty = there is none
  std::string embeddings_dir;        ///< textual inversion embeddings; empty = see embedding_folder.h
  bool lora_beside = false;          ///< plain LoRA computed beside the weights instead of merged into them
  std::string lora_dir;              ///< where the LoRA files that tags name lie; empty = see lora_folder.h
  int clip_skip = 1;  ///< which layer of the text encoder is read, from the end, as A1111 counts (SD 1.x only)
  std::string emphasis = "Original";  ///< what brackets in prompts do: a name of prompt::emphasis_names()
  bool old_prompt_editing = false;    ///< times in prompts as before A1111 1.6
  bool pad_conds = false;             ///< the shorter of prompt and negative prompt gets empty chunks
  bool pad_conds_v0 = false;  ///< or the negative prompt is cut or its last row repeated, as DDIM and PLMS before 1.6
  bool downcast_alphas = false;            ///< the noise schedule in fp16, as before A1111 1.7.0-225
  std::string noise_schedule = "Default";  ///< or "Zero Terminal SNR", whatever the model was trained with
  double eta = -1;  ///< share of fresh noise of ancestral and SDE samplers and DDIM; -1 = the sampler's own
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

  // A picture to start from.
  std::string init_image;                   ///< a file; empty = noise alone
  double denoising_strength = -1;           ///< 0 keeps the picture, 1 forgets it; -1 = 0.75, of a hires pass 0.7
  std::string resize_mode = "Just resize";  ///< how it gets the run's size, see picture_choices.h
  bool exact_steps = false;                 ///< `steps` are walked, instead of that share of them
  double initial_noise_multiplier = 1;      ///< on the noise it is given
  double extra_noise = 0;                   ///< level of noise added beyond; in a hires pass too

  // What of it is made anew.
  std::string mask;  ///< a file: white, or what is visible of it; empty = everything
  std::string mask_mode = "Inpaint masked";
  int mask_blur = 4;     ///< pixels
  int mask_blur_x = -1;  ///< -1 = mask_blur
  int mask_blur_y = -1;
  bool mask_round = true;
  std::string inpaint_area = "Whole picture";
  int masked_padding = 32;                  ///< pixels of the picture around "Only masked"
  std::string masked_content = "original";  ///< what the masked part holds before noise is added
  double inpainting_mask_weight = 1;        ///< of inpainting models: how much of the masked part is hidden from them

  // A second pass over the picture, enlarged.
  bool hires = false;
  double hires_scale = 2;
  int hires_width = 0;  ///< pixels; both 0 = hires_scale, one 0 = by the picture's shape
  int hires_height = 0;
  int hires_steps = 0;                    ///< 0 = steps
  std::string hires_upscaler = "Latent";  ///< see upscalers.h
  std::string hires_sampler;              ///< empty = the first pass', as the next three
  std::string hires_schedule;
  std::string hires_prompt;
  std::string hires_negative_prompt;
  int first_pass_width = 0;  ///< pixels; 0 = width
  int first_pass_height = 0;

  int batch_size = 1;   ///< pictures made at once: more memory, the same pictures
  int batch_count = 1;  ///< batches made one after another
  std::string precision = "auto";
  std::string vae_precision = "auto";
  bool plain = false;                      ///< no fast paths: what they are held against
  std::string vae_decoding = "Automatic";  ///< a name of vae_decoding_names()
  bool low_memory = false;                 ///< parts of the model are in memory only while it is their turn
  int threads = 0;                         ///< 0 = one per usable core

  int pictures() const { return batch_size * batch_count; }
  int blur_x() const { return mask_blur_x < 0 ? mask_blur : mask_blur_x; }
  int blur_y() const { return mask_blur_y < 0 ? mask_blur : mask_blur_y; }
};

}  // namespace darkroom::generate
