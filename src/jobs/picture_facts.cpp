#include "jobs/picture_facts.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "generate/infotext_syntax.h"
#include "prompt/extra_networks.h"

namespace darkroom::jobs {
namespace {

/// Weights that nobody could use do not hide which file was meant.
std::vector<std::string> loras_in(const std::string& prompt) {
  std::vector<std::string> names;
  for (const prompt::NetworkTag& tag : prompt::without_tags(prompt).tags) {
    if (!prompt::is_lora(tag) || tag.arguments.front().empty()) continue;
    if (std::find(names.begin(), names.end(), tag.arguments.front()) == names.end())
      names.push_back(tag.arguments.front());
  }
  return names;
}

/// "generate" is called by what it started from, as A1111's tabs are.
std::string maker(const std::string& kind, const std::string& request) {
  if (kind != "generate") return kind;
  const auto read = nlohmann::json::parse(request, nullptr, /*allow_exceptions=*/false);
  const auto says = [&](const char* name) {
    const auto settings = read.is_object() ? read.find("settings") : read.end();
    if (settings == read.end() || !settings->is_object()) return false;
    const auto found = settings->find(name);
    return found != settings->end() && found->is_string() && !found->get<std::string>().empty();
  };
  return !says("init_image") ? "txt2img" : says("mask") ? "inpaint" : "img2img";
}

}  // namespace

PictureFacts picture_facts(const std::string& infotext, const std::string& kind, const std::string& request) {
  const generate::ParsedInfotext recipe = generate::parse_infotext(infotext);
  const std::map<std::string, std::string> fields(recipe.fields.begin(), recipe.fields.end());
  const auto field = [&](const char* key) {
    const auto found = fields.find(key);
    return found == fields.end() ? std::string() : found->second;
  };
  const std::string width = field("Size-1"), height = field("Size-2");
  return {.model = field("Model"),
          .sampler = field("Sampler"),
          .size = width.empty() ? "" : width + "x" + height,
          .cfg = field("CFG scale"),
          .steps = field("Steps"),
          .made_by = maker(kind, request),
          .loras = loras_in(recipe.prompt)};
}

}  // namespace darkroom::jobs
