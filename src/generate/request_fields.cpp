#include "generate/request_fields.h"

#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <system_error>

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "diffusion/noise.h"
#include "diffusion/profiles.h"
#include "diffusion/samplers.h"
#include "formats/utf8.h"
#include "generate/picture_choices.h"
#include "generate/picture_fields.h"
#include "generate/precision.h"
#include "generate/sampling_fields.h"
#include "prompt/comments.h"
#include "prompt/emphasis.h"
#include "prompt/extra_networks.h"
#include "prompt/schedule.h"
#include "prompt/syntax.h"

namespace darkroom::generate {
namespace {

std::vector<std::string> sampler_names() {
  std::vector<std::string> names;
  for (const auto& sampler : diffusion::samplers()) names.push_back(sampler.name);
  return names;
}

std::vector<std::string> schedule_names() {
  std::vector<std::string> names = {"Automatic"};
  for (const auto& schedule : diffusion::sigma_schedules()) names.push_back(schedule.label);
  return names;
}

std::vector<std::string> vae_decoder_names() {
  return {"Full", "TAESD"};
}

/// In the list's spelling.
std::string one_of(const std::vector<std::string>& names, const char* flag, std::string_view asked) {
  for (const std::string& name : names)
    if (diffusion::same_name(asked, name)) return name;
  fail(ErrorKind::invalid_request, "{}: one of {} is needed, {} was given", flag, fmt::join(names, ", "),
       formats::in_quotes(asked));
}

/// In its table's spelling.
std::string noise_name(std::string_view asked) {
  diffusion::noise_kind_named(asked, diffusion::NoiseKind::reference);  // refuses what is unknown
  std::string found;
  for (const std::string& name : diffusion::noise_kind_names())
    if (diffusion::same_name(asked, name)) found = name;
  return found;
}

constexpr double kMostSeed = 9007199254740991;  // 2^53 - 1: the largest whole number every JSON reader keeps

/// Refused now rather than after the model was loaded.
void check_prompt(std::string_view text) {
  for (const prompt::WeightedPart& part : prompt::split_and(text))
    for (const prompt::ScheduledText& said : prompt::parse_schedule(part.text, {.calls = 2}))
      prompt::parse_attention(said.text);
}

void assign(std::string& value, const RequestField& field, std::string_view text) {
  require(formats::is_utf8(text), ErrorKind::invalid_request,
          "the text must be UTF-8, but is not: {}; is the terminal set to another encoding?", formats::in_quotes(text));
  require(text.find('\0') == std::string_view::npos, ErrorKind::invalid_request,
          "the text must not contain a zero byte");
  if (field.name == "prompt" || field.name == "hr_prompt") {
    const prompt::TaggedPrompt tagged = prompt::without_tags(prompt::without_comments(text));
    prompt::lora_tags(tagged);
    check_prompt(tagged.text);
  } else if (field.name.ends_with("negative_prompt")) {
    check_prompt(text);  // tags in here are text, as in A1111
  }
  value = field.is_numbered ? field.choices()[choice_named(field.choices(), text)] : text;
}

void assign(bool& value, const RequestField&, std::string_view text) {
  const bool yes = diffusion::same_name(text, "true") || text == "1";
  require(yes || diffusion::same_name(text, "false") || text == "0", ErrorKind::invalid_request,
          "True or False is needed, {} was given", formats::in_quotes(text));
  value = yes;
}

template <typename Number>
void assign(Number& value, const RequestField& field, std::string_view text) {
  const auto [least, most, multiple] = field.range;
  const std::string_view kind = std::is_integral_v<Number> ? "a whole number" : "a number";
  Number number{};
  const std::string_view digits = text.substr(text.starts_with('+') ? 1 : 0);
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_number = problem == std::errc() && end == digits.data() + digits.size();
  // Written so that NaN, which compares false, is refused.
  require(is_number && double(number) >= least && double(number) <= most, ErrorKind::invalid_request,
          "{} from {} to {} is needed, {} was given", kind, least, most, formats::in_quotes(text));
  if constexpr (std::is_integral_v<Number>) {
    const Number below = number - number % multiple;
    require(below == number, ErrorKind::invalid_request, "must be a multiple of {}, {} was given; try {} or {}",
            multiple, number, below > 0 ? below : below + multiple,
            below > 0 ? below + multiple : below + 2 * multiple);
  }
  value = number;
}

/// The second pass' names in their tables' spelling.
void complete_hires(GenerateRequest& request) {
  if (request.hires_sampler.empty() && request.hires_schedule.empty()) return;
  const std::string& sampler = request.hires_sampler.empty() ? request.sampler : request.hires_sampler;
  const std::string& schedule = request.hires_schedule.empty() ? request.schedule : request.hires_schedule;
  try {
    const auto choice = diffusion::choose_sampler(sampler, schedule, diffusion::profile_named(request.profile));
    if (!request.hires_sampler.empty()) request.hires_sampler = choice.sampler.name;
    if (!request.hires_schedule.empty() && !diffusion::is_automatic_schedule(request.hires_schedule))
      request.hires_schedule = choice.schedule.label;
  } catch (const Error& error) {
    throw error.within("--hires-sampler");
  }
}

/// Up to those that belong to pictures to start from.
std::vector<RequestField> first_fields() {
  using R = GenerateRequest;
  constexpr auto never = Recorded::never, always = Recorded::always, unlike_default = Recorded::unlike_default;
  return {
      // member, JSON name, infotext key, recorded, flag, help, range, choices
      {&R::prompt, "prompt", "", never, "", "What to make."},
      {&R::negative_prompt, "negative_prompt", "", never, "--negative-prompt",
       "What to avoid: each step moves away from it. No effect at CFG scale 1."},
      {&R::steps, "steps", "Steps", always, "--steps", "Sampling steps.", {1, 1000}},
      {&R::sampler,
       "sampler_name",
       "Sampler",
       always,
       "--sampler",
       "The algorithm that removes the noise.",
       {},
       sampler_names},
      {&R::schedule,
       "scheduler",
       "Schedule type",
       always,
       "--schedule",
       "Spacing of the noise levels; Automatic takes the sampler's own.",
       {},
       schedule_names},
      {&R::cfg_scale,
       "cfg_scale",
       "CFG scale",
       always,
       "--cfg-scale",
       "How strongly each step is pushed from the negative prompt towards the prompt; at 1 a step costs half.",
       {0, 100}},
      {&R::seed,
       "seed",
       "Seed",
       always,
       "--seed",
       "Where the noise comes from; picture i of a batch uses seed + i. -1 draws one.",
       {-1, kMostSeed}},
      {&R::width,
       "width",
       "Size-1",
       always,
       "--width",
       "Pixels, a multiple of 8; 0 is the model's own size.",
       {0, 8192, 8}},
      {&R::height,
       "height",
       "Size-2",
       always,
       "--height",
       "Pixels, a multiple of 8; 0 is the model's own size.",
       {0, 8192, 8}},
      {&R::model, "model", "Model", always, "--model",
       "Checkpoint: a .safetensors or .ckpt file, or a diffusers folder. Without it the model that comes with "
       "Darkroom."},
      {&R::vae, "vae", "VAE", unlike_default, "--vae", "Another VAE than the model's: a file or a diffusers folder."},
      {&R::vae_decoder,
       "sd_vae_decode_method",
       "VAE Decoder",
       unlike_default,
       "--vae-decoder",
       "What turns latents into the picture: the VAE, or TAESD, which takes 18 times less work and is a little soft.",
       {},
       vae_decoder_names},
      {&R::taesd, "taesd", "", never, "--taesd",
       "TAESD's weights (taesd_decoder.safetensors or .pth): previews use them, pictures with --vae-decoder TAESD."},
      {&R::lora_beside, "lora_beside", "", never, "--lora-beside",
       "True computes LoRA beside the weights instead of merging it into them: a run starts at once, each step takes "
       "longer, the picture is the same but for rounding. Other kinds (LoHa, DoRA, ...) are merged all the same."},
      {&R::lora_dir, "lora_dir", "", never, "--lora-dir",
       "Folder of LoRA files, searched with all below it for the name in <lora:name:0.8>. Without it: the folder Lora "
       "beside a folder Stable-diffusion that holds the model, else models/Lora."},
      {&R::embeddings_dir, "embeddings_dir", "", never, "--embeddings-dir",
       "Folder of textual inversion embeddings (.pt, .bin, .safetensors), searched with all below it; a prompt uses "
       "one "
       "by its file's name. Without it: the folder embeddings of an A1111 folder that holds the model, else "
       "embeddings."},
      {&R::variation_seed,
       "subseed",
       "Variation seed",
       unlike_default,
       "--variation-seed",
       "Another seed whose noise is mixed in; picture i of a batch uses it + i. -1 draws one.",
       {-1, kMostSeed}},
      {&R::variation_strength,
       "subseed_strength",
       "Variation seed strength",
       unlike_default,
       "--variation-strength",
       "Share of the variation seed's noise; above 0 all pictures keep the same seed.",
       {0, 1}},
      {&R::seed_resize_from_width,
       "seed_resize_from_w",
       "Seed resize from-1",
       unlike_default,
       "--seed-resize-from-width",
       "Width at which the seed is known to make a good picture: its composition is kept at another size. 0 is off.",
       {0, 8192, 8}},
      {&R::seed_resize_from_height,
       "seed_resize_from_h",
       "Seed resize from-2",
       unlike_default,
       "--seed-resize-from-height",
       "Height of the same.",
       {0, 8192, 8}},
      {&R::denoising_strength,
       "denoising_strength",
       "Denoising strength",
       unlike_default,
       "--denoising-strength",
       "How much of a picture is made anew: 0 keeps it, 1 forgets it; -1 is 0.75, and 0.7 in a hires pass.",
       {-1, 1}},
      {&R::inpainting_mask_weight,
       "inpainting_mask_weight",
       "Conditional mask weight",
       unlike_default,
       "--inpainting-mask-weight",
       "Inpainting models: how much of the masked part is hidden from them.",
       {0, 1}},
      {&R::clip_skip,
       "clip_skip",
       "Clip skip",
       unlike_default,
       "--clip-skip",
       "Which layer of the text encoder is read, counted from the end; 1 is the last. SD 2.x and SDXL always read "
       "their "
       "own.",
       {1, 12}},
      {&R::seed_delta,
       "eta_noise_seed_delta",
       "ENSD",
       unlike_default,
       "--seed-delta",
       "Added to the seed for the noise drawn while sampling (eta noise seed delta); some models' makers used 31337.",
       {0, 4294967295}},
      {&R::rng,
       "randn_source",
       "RNG",
       always,
       "--rng",
       "Whose random numbers a seed stands for: torch's on a CPU, or on an NVIDIA card, where most pictures of the web "
       "began.",
       {},
       [] {
         return std::vector<std::string>{"CPU", "NV"};
       }},
      {&R::tiling, "tiling", "Tiling", unlike_default, "--tiling",
       "Opposite edges fit together, so that the picture can be laid side by side."},
  };
}

}  // namespace

const std::vector<RequestField>& request_fields() {
  static const std::vector<RequestField> rows = [] {
    std::vector<RequestField> all;
    for (const auto& some : {first_fields(), hires_fields(), picture_fields(), sampling_fields()})
      all.insert(all.end(), some.begin(), some.end());
    return all;
  }();
  return rows;
}

const RequestField& request_field(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& field : request_fields()) {
    if (field.name == name) return field;
    names.push_back(field.name);
  }
  fail(ErrorKind::invalid_request, "request: there is no field {}; did you mean {}?", formats::in_quotes(name),
       diffusion::nearest_names_text(name, names));
}

std::string field_text(const GenerateRequest& request, const RequestField& field) {
  if (const auto* flag = std::get_if<bool GenerateRequest::*>(&field.member)) return request.**flag ? "True" : "False";
  return std::visit([&](auto member) { return fmt::format("{}", request.*member); }, field.member);
}

void assign_field(GenerateRequest& request, const RequestField& field, std::string_view text) {
  std::visit([&](auto member) { assign(request.*member, field, text); }, field.member);
}

GenerateRequest completed_request(const Settings& said, const Settings& recommended) {
  Settings settings = said;
  for (const auto& [name, text] : recommended) {
    if (name == "scheduler" && said.contains("sampler_name")) continue;
    settings.emplace(name, text);
  }
  GenerateRequest request;
  for (const auto& [name, text] : settings) {
    const RequestField& field = request_field(name);
    try {
      assign_field(request, field, text);
    } catch (const Error& error) {
      throw error.within(field.flag.empty() ? field.name : field.flag);
    }
  }
  // The spelling of the tables, so that infotext does not depend on how a name was typed.
  const diffusion::Profile& profile = diffusion::profile_named(request.profile);
  const auto choice = diffusion::choose_sampler(request.sampler, request.schedule, profile);
  const bool own = &choice.schedule == &diffusion::choose_sampler(choice.sampler.name, "automatic", profile).schedule;
  request.schedule = own && diffusion::is_automatic_schedule(request.schedule) ? "Automatic" : choice.schedule.label;
  request.sampler = choice.sampler.name;
  if (request.hires) complete_hires(request);
  request.profile = choice.profile.name;
  request.noise = noise_name(request.noise);
  request.emphasis = prompt::emphasis_names()[size_t(prompt::emphasis_named(request.emphasis))];
  request.precision = precision_named(request.precision);
  request.vae_precision = precision_named(request.vae_precision);
  request.noise_schedule = one_of(noise_schedule_names(), "--noise-schedule", request.noise_schedule);
  request.vae_decoder = one_of(vae_decoder_names(), "--vae-decoder", request.vae_decoder);
  try {
    request.rng = diffusion::random_source_named(request.rng) == diffusion::RandomSource::nv ? "NV" : "CPU";
  } catch (const Error& error) {
    throw error.within("--rng");
  }
  return request;
}

}  // namespace darkroom::generate
