#include "generate/explanations.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/error.h"
#include "checkpoint/load.h"
#include "formats/safetensors.h"
#include "generate/default_model.h"
#include "generate/explained_now.h"
#include "generate/lora_folder.h"
#include "generate/precision.h"
#include "generate/run.h"
#include "prompt/extra_networks.h"

namespace darkroom::generate {
namespace {

/// A number of a file's metadata.
std::optional<double> number_of(const std::map<std::string, std::string>& metadata, const char* name) {
  const auto found = metadata.find(name);
  if (found == metadata.end()) return std::nullopt;
  double number = 0;
  const auto [end, problem] =
      std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
  return problem == std::errc() && end == found->second.data() + found->second.size() ? std::optional(number)
                                                                                      : std::nullopt;
}

void read_lora(const GenerateRequest& request, RequestFacts::Lora& lora) {
  try {
    const auto path = find_lora(lora_folder(request), lora.name);
    if (path.extension() != ".safetensors") return;
    const auto metadata = formats::read_safetensors(path).metadata;
    lora.rank = number_of(metadata, "ss_network_dim"), lora.alpha = number_of(metadata, "ss_network_alpha");
  } catch (const Error&) {
    lora.is_there = false;
  }
}

std::vector<RequestFacts::Lora> loras_of(const GenerateRequest& request) {
  std::vector<RequestFacts::Lora> all;
  for (const prompt::LoraTag& tag : prompt::lora_tags(prompt::without_tags(request.prompt))) {
    const auto same = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == tag.name; });
    if (same == all.end()) {
      all.push_back({.name = tag.name, .text = tag.text, .unet = tag.unet, .rank = {}, .alpha = {}});
      read_lora(request, all.back());
    } else {
      same->text += tag.text, same->unet += tag.unet, ++same->tags;
    }
  }
  return all;
}

}  // namespace

const std::vector<FieldWords>& field_words() {
  static const std::vector<FieldWords> kWords = {
      {"cfg_scale",
       "How strongly each step is pushed from the negative prompt towards the prompt. `uncond + {cfg_scale} x (cond - "
       "uncond)`, the same as `cond + {cfg_scale-1} x (cond - uncond)`: two ways to write one thing. Papers count the "
       "second way, so their {cfg_scale-1} is your {cfg_scale}. At 1 the negative prompt has no effect and a step "
       "costs half. 7 to 11 is usual; high values saturate and distort."},
      {"negative_prompt",
       "It is not part of training. It takes the place of the empty prompt on the other side of CFG, so each step "
       "moves away from it. At CFG 1 it does nothing."},
      {"clip_skip",
       "Which layer of the text encoder is read, counted from the end. 1 is the last. Models trained on tags (many "
       "anime models) expect 2. Darkroom stops computing at that layer. Diffusers counts one less: your {clip_skip} is "
       "their {clip_skip-1}. SD 2.x and SDXL always read their own layer."},
      {"lora_weight",
       "How much of the LoRA's change is added. 1 is how it was trained; the file's own alpha / rank is already "
       "applied, here and in every other program. 0 is off, negative reverses."},
      {"precision",
       "What is computed in. fp32: the reference; weights of fp16 and bf16 files stay as they are in memory. bf16: the "
       "range of fp32 with 7 bits of precision, fast where the processor computes it directly. fp16: more precision, "
       "little range: above 65,504 a value becomes "
       "infinite and the picture black, below 6e-5 it fades."},
      {"sampler_name",
       "Settles: more steps give the same picture, sharper. Keeps changing: fresh noise at each step, so another "
       "number "
       "of steps is another picture; with one noise path it settles too. Some steps cost two calls."},
      {"scheduler", "Only the spacing of the noise levels; it fits any sampler. Automatic takes the sampler's own."},
      {"denoising_strength",
       "How much of the picture is made anew: this share of the {steps} steps will run; 0 keeps it, 1 forgets it."},
      {"seed",
       "Where the noise comes from. Picture i of a batch uses seed + i, so each can be made again alone. -1 draws "
       "one."},
      {"randn_source",
       "Pictures made on NVIDIA cards need NV to come out the same; recipes without this field are read as NV."},
      {"n_iter", "Count: one after another. Size: at once, more memory, the same pictures."},
      {"batch_size", "Count: one after another. Size: at once, more memory, the same pictures."},
      {"steps", "How many steps the sampler takes from noise to picture. Some samplers call the model twice a step."},
  };
  return kWords;
}

std::string with_live_values(const std::string& words, const GenerateRequest& request) {
  std::string text;
  for (size_t at = 0; at < words.size();) {
    const size_t open = std::min(words.find('{', at), words.size()), close = words.find('}', open);
    text += words.substr(at, open - at);
    if (close == std::string::npos) return text + words.substr(open);
    const std::string value = words.substr(open + 1, close - open - 1);
    const bool is_one_less = value.ends_with("-1");
    const std::string live =
        field_text(request, request_field(is_one_less ? value.substr(0, value.size() - 2) : value));
    text += is_one_less ? fmt::format("{:g}", std::stod(live) - 1) : live;
    at = close + 1;
  }
  return text;
}

std::string without_marks(std::string words) {
  std::erase(words, '`');
  return words;
}

RequestFacts request_facts(const GenerateRequest& request) {
  RequestFacts facts;
  facts.has_bf16 = computes_bf16();
  try {
    const auto model =
        checkpoint::describe_checkpoint(request.model.empty() ? default_model() : std::filesystem::path(request.model));
    facts.family = checkpoint::family_name(model.family);
    if (!model.text_encoders.empty()) facts.text_layers = int(model.text_encoders.front().config.layers);
    facts.pixels_per_latent = int(model.vae.reduction());
    const Settings own = recommended_settings(request.model);
    facts.own_width = std::stoi(own.at("width")), facts.own_height = std::stoi(own.at("height"));
  } catch (const Error&) {
    // Whoever makes the picture says what is wrong with the model.
  }
  try {
    facts.loras = loras_of(request);
  } catch (const Error&) {
    // And this of its tags.
  }
  return facts;
}

std::vector<ExplainedField> explained(const GenerateRequest& request, const RequestFacts& facts) {
  const GenerateRequest standard;
  const auto words_of = [&](const std::string& field, const std::string& help) {
    for (const FieldWords& one : field_words())
      if (field == one.field) return without_marks(with_live_values(one.words, request));
    return help;
  };
  std::vector<ExplainedField> all;
  for (const RequestField& field : request_fields()) {
    const std::string value = field_text(request, field);
    all.push_back({.field = field.name,
                   .flag = field.flag,
                   .value = value,
                   .is_default = value == field_text(standard, field),
                   .words = words_of(field.name, field.help),
                   .now = explained_now(field.name, request, facts)});
  }
  std::string tags;
  for (const RequestFacts::Lora& lora : facts.loras)
    tags += fmt::format("{}<lora:{}:{:g}>", tags.empty() ? "" : " ", lora.name, lora.unet);
  all.push_back({.field = "lora_weight",
                 .flag = "",
                 .value = tags,
                 .is_default = tags.empty(),
                 .words = words_of("lora_weight", ""),
                 .now = explained_now("lora_weight", request, facts)});
  return all;
}

}  // namespace darkroom::generate
