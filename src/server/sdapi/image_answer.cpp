#include "server/sdapi/image_answer.h"

#include <charconv>
#include <ctime>

#include "base/version.h"
#include "generate/infotext_syntax.h"
#include "server/json_text.h"

namespace darkroom::server {
namespace {

using nlohmann::ordered_json;

/// A field of infotext, or `standard`.
std::string field_of(const generate::ParsedInfotext& recipe, const std::string& key, const std::string& standard) {
  for (const auto& [name, value] : recipe.fields)
    if (name == key) return value;
  return standard;
}

ordered_json number_of(const std::string& text) {
  const ordered_json number = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  return number.is_number() ? number : ordered_json(nullptr);
}

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

/// A1111's job_timestamp: when it began, local time.
std::string timestamp(double time) {
  const std::time_t seconds = std::time_t(time);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y%m%d%H%M%S", &parts);
  return text;
}

}  // namespace

std::string info_text(const std::vector<jobs::PictureRecord>& pictures, const jobs::Job& job, int grids) {
  ordered_json seeds = ordered_json::array(), prompts = seeds, negatives = seeds, infotexts = seeds, subseeds = seeds;
  generate::ParsedInfotext first;
  for (const jobs::PictureRecord& picture : pictures) {
    const generate::ParsedInfotext recipe = generate::parse_infotext(picture.infotext);
    if (&picture == &pictures.front()) first = recipe;
    seeds.push_back(picture.seed);
    subseeds.push_back(number_of(field_of(recipe, "Variation seed", "-1")));
    prompts.push_back(recipe.prompt);
    negatives.push_back(recipe.negative_prompt);
    infotexts.push_back(picture.infotext);
  }
  const jobs::PictureRecord none;
  const jobs::PictureRecord& one = pictures.empty() ? none : pictures.front();
  ordered_json extra = ordered_json::object();
  for (const auto& [name, value] : first.fields)
    if (name == "Schedule type" || name == "Lora hashes" || name == "TI hashes" || name.starts_with("Hires"))
      extra[name] = value;
  const auto whole = [&](const char* key, const char* standard) { return number_of(field_of(first, key, standard)); };
  return line_of({{"prompt", first.prompt},
                  {"all_prompts", prompts},
                  {"negative_prompt", first.negative_prompt},
                  {"all_negative_prompts", negatives},
                  {"seed", one.seed},
                  {"all_seeds", seeds},
                  {"subseed", whole("Variation seed", "-1")},
                  {"all_subseeds", subseeds},
                  {"subseed_strength", whole("Variation seed strength", "0")},
                  {"width", one.width},
                  {"height", one.height},
                  {"sampler_name", field_of(first, "Sampler", "")},
                  {"cfg_scale", whole("CFG scale", "7")},
                  {"steps", whole("Steps", "0")},
                  {"batch_size", whole("Batch size", "1")},
                  {"restore_faces", false},
                  {"face_restoration_model", nullptr},
                  {"sd_model_name", field_of(first, "Model", "")},
                  {"sd_model_hash", field_of(first, "Model hash", "")},
                  {"sd_vae_name", text_or_null(field_of(first, "VAE", ""))},
                  {"sd_vae_hash", text_or_null(field_of(first, "VAE hash", ""))},
                  {"seed_resize_from_w", whole("Seed resize from-1", "-1")},
                  {"seed_resize_from_h", whole("Seed resize from-2", "-1")},
                  {"denoising_strength", number_of(field_of(first, "Denoising strength", ""))},
                  {"extra_generation_params", extra},
                  {"index_of_first_image", grids},
                  {"infotexts", infotexts},
                  {"styles", ordered_json::array()},
                  {"job_timestamp", timestamp(job.started)},
                  {"clip_skip", whole("Clip skip", "1")},
                  {"is_using_inpainting_conditioning", false},
                  {"version", "Darkroom " + std::string(version())}});
}

}  // namespace darkroom::server
