#include "generate/explained_now.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "diffusion/partial_run.h"
#include "generate/hires.h"
#include "generate/menu.h"
#include "generate/precision.h"

namespace darkroom::generate {
namespace {

struct Seen {
  const GenerateRequest& r;
  const RequestFacts& facts;

  bool from_picture() const { return !r.init_image.empty(); }
  int width() const { return r.width > 0 ? r.width : facts.own_width; }
  int height() const { return r.height > 0 ? r.height : facts.own_height; }
};
using Now = std::string (*)(const Seen&);

constexpr int kMostSeedsListed = 4;

SamplerFacts sampler_named(const std::string& name) {
  for (SamplerFacts& sampler : sampler_facts())
    if (sampler.name == name) return sampler;
  return {};
}

double strength(const GenerateRequest& r) {
  return r.denoising_strength >= 0 ? r.denoising_strength : r.init_image.empty() ? 0.7 : 0.75;
}

/// Steps that are walked of a run that begins with a picture; as sampling_from_picture() counts them.
int walked(const GenerateRequest& r, int steps, bool all_walked) {
  const auto partial = diffusion::partial_steps(steps, strength(r), all_walked);
  return strength(r) == 0 && all_walked ? 0 : partial.encode + 1;
}

int first_steps(const Seen& s) {
  return s.from_picture() ? walked(s.r, s.r.steps, s.r.exact_steps) : s.r.steps;
}
int second_steps(const Seen& s) {
  if (!s.r.hires) return 0;
  return walked(s.r, s.r.hires_steps > 0 ? s.r.hires_steps : s.r.steps, true);
}

/// With and without the prompt each counts.
int calls_of_a_step(const Seen& s, const std::string& sampler) {
  return sampler_named(sampler).calls_per_step * (s.r.cfg_scale == 1 ? 1 : 2);
}

std::string steps(const Seen& s) {
  if (s.r.sampler == "DPM adaptive") return "no effect: DPM adaptive chooses its own steps";
  const int first = first_steps(s), second = second_steps(s);
  const std::string& second_sampler = s.r.hires_sampler.empty() ? s.r.sampler : s.r.hires_sampler;
  const int calls = first * calls_of_a_step(s, s.r.sampler) + second * calls_of_a_step(s, second_sampler);
  std::string text =
      s.from_picture() ? fmt::format("{} of {} steps are walked", first, s.r.steps) : fmt::format("{} steps", first);
  if (second > 0) text += fmt::format(" and {} of the second pass", second);
  return fmt::format("{}: about {} model calls a picture{}", text, calls,
                     s.r.cfg_scale == 1 ? "" : ", half of them for the negative prompt");
}

std::string sampler(const Seen& s) {
  const SamplerFacts facts = sampler_named(s.r.sampler);
  if (facts.name.empty()) return "";
  const bool draws = facts.draws_noise && s.r.eta != 0;
  return fmt::format("{} {}; {} a step", facts.name,
                     draws ? "keeps changing with more steps" : "settles with more steps",
                     facts.calls_per_step == 1 ? "1 call" : fmt::format("{} calls", facts.calls_per_step));
}

std::string schedule(const Seen& s) {
  if (s.r.schedule != "Automatic") return "";
  const std::string name = sampler_named(s.r.sampler).schedule;
  for (const ScheduleFacts& schedule : schedule_facts())
    if (schedule.name == name) return fmt::format("{}'s own: {}", s.r.sampler, schedule.label);
  return fmt::format("{} has no preference: the model's own levels, evenly in time", s.r.sampler);
}

std::string cfg_scale(const Seen& s) {
  if (s.r.cfg_scale == 1) return "only the prompt is computed: a step costs half, the negative prompt does nothing";
  return fmt::format("uncond + {:g} x (cond - uncond) = cond + {:g} x (cond - uncond){}", s.r.cfg_scale,
                     s.r.cfg_scale - 1,
                     s.r.cfg_rescale > 0 ? fmt::format(", its spread drawn back by {:g}", s.r.cfg_rescale) : "");
}

std::string cfg_rescale(const Seen& s) {
  if (s.r.cfg_rescale == 0) return "off";
  return s.r.cfg_scale == 1 ? "no effect: at CFG 1 nothing is guided" : "";
}

std::string negative_prompt(const Seen& s) {
  if (s.r.cfg_scale == 1) return "no effect: at CFG 1 it is not computed";
  return s.r.negative_prompt.empty() ? "empty: each step moves away from a picture of no words" : "";
}

std::string clip_skip(const Seen& s) {
  const std::string& family = s.facts.family;
  if (family == "SD 2.x" || family == "SDXL")
    return fmt::format("no effect: {} models always read their own layer", family);
  if (s.facts.text_layers == 0) return "";
  const int layer = s.facts.text_layers - s.r.clip_skip + 1;
  if (layer < 1) return fmt::format("refused: the text encoder has {} layers", s.facts.text_layers);
  return fmt::format("layer {} of {} is read{}", layer, s.facts.text_layers,
                     s.r.clip_skip == 1 ? ""
                                        : fmt::format(", which saves {:.0f} % of the text encoder's time",
                                                      100.0 * (s.r.clip_skip - 1) / s.facts.text_layers));
}

std::string seed(const Seen& s) {
  const int pictures = s.r.pictures();
  if (s.r.seed < 0)
    return pictures == 1 ? "one is drawn; the picture's recipe keeps it"
                         : fmt::format("one is drawn, and picture i of {} has it + i", pictures);
  if (s.r.variation_strength > 0)
    return fmt::format("all pictures begin with {}; what varies is the variation seed", s.r.seed);
  std::vector<int64_t> seeds;
  for (int i = 0; i < std::min(pictures, kMostSeedsListed); ++i) seeds.push_back(s.r.seed + i);
  return fmt::format("{}{}", fmt::join(seeds, ", "),
                     pictures > kMostSeedsListed ? fmt::format(", ... {}", s.r.seed + pictures - 1) : "");
}

std::string variation_seed(const Seen& s) {
  return s.r.variation_strength == 0 ? "no effect: the variation strength is 0" : "";
}
std::string variation_strength(const Seen& s) {
  if (s.r.variation_strength == 0) return "off: all noise is the seed's";
  return fmt::format("noise is {:g} % of the way from the seed's to the variation's", 100 * s.r.variation_strength);
}

std::string rng(const Seen& s) {
  return s.r.rng == "NV" ? "noise as an NVIDIA card draws it, computed here"
                         : "noise as A1111 draws it with its setting CPU";
}

std::string size(const Seen& s) {
  if (s.width() == 0) return "";
  return fmt::format("{} x {} pixels are {} x {} latents{}", s.width(), s.height(),
                     s.width() / s.facts.pixels_per_latent, s.height() / s.facts.pixels_per_latent,
                     s.r.width == 0 || s.r.height == 0 ? ", the model's own size" : "");
}

std::string batch(const Seen& s) {
  const int pictures = s.r.pictures();
  return pictures == 1 ? "one picture"
                       : fmt::format("{} batches of {}: {} pictures", s.r.batch_count, s.r.batch_size, pictures);
}

std::string denoising(const Seen& s) {
  if (!s.from_picture() && !s.r.hires) return "no effect: there is no picture to start from";
  const int steps = s.r.hires && s.r.hires_steps > 0 ? s.r.hires_steps : s.r.steps;
  const bool all = s.r.hires || s.r.exact_steps;
  return fmt::format("{:g}: {} steps of {} will run{}", strength(s.r), walked(s.r, steps, all),
                     all ? "a longer run" : fmt::format("{}", steps), s.r.hires ? " in the second pass" : "");
}

std::string hires(const Seen& s) {
  if (!s.r.hires) return "off: one pass";
  if (s.width() == 0) return "";
  GenerateRequest known = s.r;
  known.width = s.r.first_pass_width > 0 ? s.r.first_pass_width : s.width();
  known.height = s.r.first_pass_height > 0 ? s.r.first_pass_height : s.height();
  try {
    const HiresSize second = hires_size(known, s.facts.pixels_per_latent);
    return fmt::format("{} x {} becomes {} x {}: {} more steps on {:.3g} times the pixels", known.width, known.height,
                       second.width, second.height, second_steps(s),
                       double(second.width) * second.height / (double(known.width) * known.height));
  } catch (const std::exception& refusal) {
    return std::string("refused: ") + refusal.what();
  }
}

std::string of_hires(const Seen& s) {
  return s.r.hires ? "" : "no effect: there is no hires pass";
}

std::string of_source(const Seen& s) {
  return s.from_picture() ? "" : "no effect: there is no picture to start from";
}

std::string of_mask(const Seen& s) {
  return s.r.mask.empty() ? "no effect: there is no mask" : "";
}

std::string precision_line(const Seen& s, const std::string& asked) {
  const PrecisionChoice chosen = chosen_precision(asked, s.facts.has_bf16);
  if (!chosen.note.empty()) return chosen.note;
  const bool is_bf16 = chosen.arithmetic == Arithmetic::bf16;
  const char* why = asked != "auto"    ? "it was asked for"
                    : is_bf16          ? "this processor computes it directly"
                    : s.facts.has_bf16 ? "this processor computes bf16 slower"
                                       : "this processor does not compute bf16 directly";
  return fmt::format("here {}, because {}", is_bf16 ? "bf16" : "fp32", why);
}
std::string precision(const Seen& s) {
  return precision_line(s, s.r.precision);
}
std::string vae_precision(const Seen& s) {
  return precision_line(s, s.r.vae_precision == "auto" ? s.r.precision : s.r.vae_precision);
}

std::string taesd(const Seen& s) {
  return s.r.vae_decoder == "TAESD" ? "" : "no effect: the VAE decodes";
}

std::string eta(const Seen& s) {
  const SamplerFacts facts = sampler_named(s.r.sampler);
  if (!facts.draws_noise && facts.name != "DDIM") return fmt::format("no effect: {} draws no fresh noise", s.r.sampler);
  return s.r.eta == 0 ? "no fresh noise: more steps give the same picture, sharper" : "";
}

std::string lora_weight(const Seen& s) {
  std::vector<std::string> parts;
  for (const RequestFacts::Lora& lora : s.facts.loras) {
    if (!lora.is_there) {
      parts.push_back(fmt::format("{} is not among the LoRA files", lora.name));
      continue;
    }
    std::string text = fmt::format("{} at {:g}", lora.name, lora.unet);
    if (lora.text != lora.unet) text += fmt::format(" (text encoder {:g})", lora.text);
    if (lora.rank && lora.alpha && *lora.rank > 0)
      text += fmt::format(", of which alpha / rank = {:g} / {:g} = {:g} is applied already", *lora.alpha, *lora.rank,
                          *lora.alpha / *lora.rank);
    if (lora.tags > 1) text += fmt::format("; it stands {} times, and as in A1111 the weights add up", lora.tags);
    parts.push_back(std::move(text));
  }
  return parts.empty() ? "the prompt names no LoRA" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string lora_beside(const Seen& s) {
  if (s.facts.loras.empty()) return "no effect: the prompt names no LoRA";
  return s.r.lora_beside ? "each step computes them beside the weights"
                         : "they are added to the weights once, and cost nothing a step";
}

const std::map<std::string, Now>& lines() {
  static const std::map<std::string, Now> kLines = {
      {"steps", steps},
      {"sampler_name", sampler},
      {"scheduler", schedule},
      {"cfg_scale", cfg_scale},
      {"guidance_rescale", cfg_rescale},
      {"negative_prompt", negative_prompt},
      {"clip_skip", clip_skip},
      {"seed", seed},
      {"subseed", variation_seed},
      {"subseed_strength", variation_strength},
      {"randn_source", rng},
      {"width", size},
      {"height", size},
      {"n_iter", batch},
      {"batch_size", batch},
      {"denoising_strength", denoising},
      {"enable_hr", hires},
      {"hr_scale", of_hires},
      {"hr_resize_x", of_hires},
      {"hr_resize_y", of_hires},
      {"hr_second_pass_steps", of_hires},
      {"hr_upscaler", of_hires},
      {"hr_sampler_name", of_hires},
      {"hr_scheduler", of_hires},
      {"hr_prompt", of_hires},
      {"hr_negative_prompt", of_hires},
      {"firstphase_width", of_hires},
      {"firstphase_height", of_hires},
      {"resize_mode", of_source},
      {"img2img_fix_steps", of_source},
      {"initial_noise_multiplier", of_source},
      {"inpainting_mask_invert", of_mask},
      {"mask_blur", of_mask},
      {"mask_blur_x", of_mask},
      {"mask_blur_y", of_mask},
      {"mask_round", of_mask},
      {"inpaint_full_res", of_mask},
      {"inpaint_full_res_padding", of_mask},
      {"inpainting_fill", of_mask},
      {"precision", precision},
      {"vae_precision", vae_precision},
      {"taesd", taesd},
      {"eta", eta},
      {"lora_weight", lora_weight},
      {"lora_beside", lora_beside},
  };
  return kLines;
}

}  // namespace

std::string explained_now(const std::string& field, const GenerateRequest& request, const RequestFacts& facts) {
  const auto found = lines().find(field);
  return found == lines().end() ? "" : found->second({request, facts});
}

}  // namespace darkroom::generate
