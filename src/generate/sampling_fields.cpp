// Rows of the table of request fields, in the order of infotext: habits of other programs, noise levels, samplers'
// options, how a run is computed.
#include "generate/sampling_fields.h"

#include "diffusion/profiles.h"
#include "generate/precision.h"
#include "prompt/emphasis.h"

namespace darkroom::generate {
namespace {

std::vector<std::string> profile_names() {
  std::vector<std::string> names;
  for (const auto& profile : diffusion::profiles()) names.push_back(profile.name);
  return names;
}

}  // namespace

std::vector<std::string> noise_schedule_names() {
  return {"Default", "Zero Terminal SNR"};
}

std::vector<RequestField> sampling_fields() {
  using R = GenerateRequest;
  constexpr auto never = Recorded::never, always = Recorded::always, unlike_default = Recorded::unlike_default;
  return {
      {&R::old_prompt_editing, "use_old_scheduling", "Old prompt editing timelines", unlike_default,
       "--old-prompt-editing",
       "True reads times in [a:b:when] as A1111 did before 1.6: below 1 a share of the steps, else a step."},
      {&R::emphasis,
       "emphasis",
       "Emphasis",
       unlike_default,
       "--emphasis",
       "What brackets in prompts do: Original weighs words and keeps the mean, No norm only weighs them, Ignore drops "
       "the brackets, None takes them as text.",
       {},
       prompt::emphasis_names},
      {&R::downcast_alphas, "use_downcasted_alpha_bar", "Downcast alphas_cumprod", unlike_default, "--downcast-alphas",
       "True rounds the noise schedule to fp16, as in A1111 before 1.7.0-225."},
      {&R::noise_schedule,
       "sd_noise_schedule",
       "Noise Schedule",
       unlike_default,
       "--noise-schedule",
       "Zero Terminal SNR stretches the noise schedule so that its last step is pure noise.",
       {},
       noise_schedule_names},
      {&R::discards_lowest, "discard_next_to_last_sigma", "Discard penultimate sigma", unlike_default,
       "--discard-next-to-last-sigma",
       "One noise level more without the lowest positive one, with every sampler; some samplers always do it."},
      {&R::sigma_min,
       "sigma_min",
       "Schedule min sigma",
       unlike_default,
       "--sigma-min",
       "Lowest positive noise level; 0 is the model's.",
       {0, 1e6}},
      {&R::sigma_max,
       "sigma_max",
       "Schedule max sigma",
       unlike_default,
       "--sigma-max",
       "Highest noise level; 0 is the model's.",
       {0, 1e6}},
      {&R::rho,
       "rho",
       "Schedule rho",
       unlike_default,
       "--rho",
       "Curvature of the schedules Karras (7) and Polyexponential (1); 0 is their own.",
       {0, 100}},
      {&R::eta,
       "eta",
       "Eta",
       unlike_default,
       "--eta",
       "Share of each step's noise drawn anew; -1 is the sampler's own: 1 for ancestral and SDE samplers, 0.3 for TCD, "
       "else 0.",
       {-1, 1}},
      {&R::s_churn,
       "s_churn",
       "Sigma churn",
       unlike_default,
       "--s-churn",
       "Euler, Heun, DPM2: noise added over the whole run and removed again.",
       {0, 100}},
      {&R::s_tmin,
       "s_tmin",
       "Sigma tmin",
       unlike_default,
       "--s-tmin",
       "Churn only at noise levels from this one.",
       {0, 1e6}},
      {&R::s_tmax,
       "s_tmax",
       "Sigma tmax",
       unlike_default,
       "--s-tmax",
       "Churn only at noise levels up to this one; 0 is no limit.",
       {0, 1e6}},
      {&R::s_noise,
       "s_noise",
       "Sigma noise",
       unlike_default,
       "--s-noise",
       "Factor on the noise drawn in a step.",
       {0, 10}},
      {&R::pad_conds, "pad_cond_uncond", "Pad conds", unlike_default, "--pad-conds",
       "True gives the shorter of prompt and negative prompt empty chunks: one network call instead of two."},
      {&R::pad_conds_v0, "pad_cond_uncond_v0", "Pad conds v0", unlike_default, "--pad-conds-v0",
       "True cuts the negative prompt to the prompt's length or repeats its last row, as DDIM and PLMS before A1111 "
       "1.6."},
      {&R::order,
       "order",
       "Order",
       unlike_default,
       "--order",
       "At most this order for LMS, DEIS (1 to 4), UniPC (1 to 3), DPM adaptive (2 or 3); 0 is the sampler's own.",
       {0, 4}},
      {&R::relative_tolerance,
       "rtol",
       "Relative tolerance",
       unlike_default,
       "--rtol",
       "DPM adaptive: how far a step may be off, as a share of the value.",
       {1e-9, 10}},
      {&R::absolute_tolerance,
       "atol",
       "Absolute tolerance",
       unlike_default,
       "--atol",
       "DPM adaptive: how far a step may be off at small values.",
       {1e-9, 10}},
      {&R::noise,
       "noise",
       "Noise",
       unlike_default,
       "--noise",
       "Noise drawn while sampling. brownian: a path per seed, so that more steps refine one picture; torchsde: "
       "k-diffusion's path; sequential: draw after draw, as A1111 does for ancestral samplers.",
       {},
       diffusion::noise_kind_names},
      {&R::profile,
       "profile",
       "Profile",
       always,
       "--profile",
       "Whose habits to follow where programs differ: levels, noise and last steps as in Darkroom, k-diffusion or "
       "A1111.",
       {},
       profile_names},
      {&R::cfg_rescale,
       "guidance_rescale",
       "CFG Rescale",
       unlike_default,
       "--cfg-rescale",
       "Takes back that guidance widens the spread of each answer (washed out or burnt pictures at high CFG scale, "
       "above "
       "all of v models): 0 is off, 0.7 is usual, 1 takes it all back.",
       {0, 1}},
      {&R::batch_size,
       "batch_size",
       "",
       never,
       "--batch-size",
       "Pictures made at once: more memory, the same pictures.",
       {1, 64}},
      {&R::batch_count, "n_iter", "", never, "--batch-count", "Batches made one after another.", {1, 10000}},
      {&R::precision,
       "precision",
       "Precision",
       always,
       "--precision",
       "What is computed in. fp32: the reference; weights of fp16 and bf16 files stay as they are in memory. bf16: 7 "
       "bits of precision, fast where the processor computes it. auto: bf16 there, else fp32.",
       {},
       precision_names},
      {&R::vae_precision,
       "vae_precision",
       "VAE precision",
       unlike_default,
       "--vae-precision",
       "Of decoding the picture. A picture that bf16 cannot decode is decoded again in fp32. auto: as --precision.",
       {},
       precision_names},
      {&R::plain, "plain", "Plain", unlike_default, "--plain",
       "True computes with plain libtorch, without Darkroom's own fast paths: slower, the definition of what is "
       "right."},
      {&R::vae_decoding,
       "vae_decoding",
       "",
       never,
       "--vae-decoding",
       "Strips: the VAE works off large pictures in strips of rows, with what it must know of the whole picture: the "
       "same picture in half the memory. Whole: at once, as it always does with --plain and --tiling. "
       "Automatic: strips where that saves more than 100 MB.",
       {},
       vae_decoding_names},
      {&R::low_memory, "low_memory", "", never, "--low-memory",
       "True keeps each part of the model (text encoders, blocks of the UNet, VAE) in memory only while it is its "
       "turn: "
       "the same picture. Of weights that are mapped from their file; those that had to be converted or that a LoRA "
       "changed stay."},
      {&R::threads, "threads", "", never, "--threads", "Processor threads; 0 is one per core.", {0, 1024}},
  };
}

}  // namespace darkroom::generate
