#include "generate/picture_recipe.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "diffusion/samplers.h"

namespace darkroom::generate {
namespace {

using Json = nlohmann::json;

/// A number or text, as written but without quotes; anything else counts as absent.
std::string value_of(const Json& comment, const char* key) {
  const auto found = comment.find(key);
  if (found == comment.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->is_number() ? found->dump() : "";
}

std::string sampler_name(const std::string& alias) {
  try {
    return diffusion::choose_sampler(alias).sampler.name;
  } catch (const Error&) {
    return "Euler a";  // so in A1111
  }
}

/// As A1111 puts it (modules/images.py): NovelAI's models are read one layer early and their noise has ENSD 31337.
std::string novelai_infotext(const formats::PictureFile& picture) {
  const auto comment = picture.texts.find("Comment");
  const Json json = comment == picture.texts.end() ? Json() : Json::parse(comment->second, nullptr, false);
  if (!json.is_object()) return "";
  const auto description = picture.texts.find("Description");
  return fmt::format(
      "{}\nNegative prompt: {}\nSteps: {}, Sampler: {}, CFG scale: {}, Seed: {}, Size: {}x{}, Clip skip: 2, ENSD: "
      "31337",
      description == picture.texts.end() ? "" : description->second, value_of(json, "uc"), value_of(json, "steps"),
      sampler_name(value_of(json, "sampler")), value_of(json, "scale"), value_of(json, "seed"), picture.image.width,
      picture.image.height);
}

}  // namespace

std::string infotext_of(const formats::PictureFile& picture) {
  const auto parameters = picture.texts.find("parameters");
  if (parameters != picture.texts.end()) return parameters->second;
  const auto software = picture.texts.find("Software");
  return software != picture.texts.end() && software->second == "NovelAI" ? novelai_infotext(picture) : "";
}

}  // namespace darkroom::generate
