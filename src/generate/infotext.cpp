#include "generate/infotext.h"

#include <fmt/format.h>

#include "base/version.h"
#include "generate/read_recipe.h"

namespace darkroom::generate {
namespace {

void append_file(std::string& line, const std::string& key, const std::string& name, const std::string& hash) {
  if (!hash.empty()) line += fmt::format(", {} hash: {}", key, hash);
  if (!name.empty()) line += fmt::format(", {}: {}", key, infotext_value(name));
}

}  // namespace

std::string infotext(const Recipe& recipe) {
  const GenerateRequest& request = recipe.request;
  std::string line;
  for (const RequestField& field : request_fields()) {
    const std::string value = field_text(request, field);
    if (field.acts && !field.acts(request)) continue;
    if (field.infotext == "Emphasis" && !recipe.embedding_hashes.empty())
      line += ", TI hashes: " + infotext_value(recipe.embedding_hashes);
    if (field.infotext == "Model") {
      append_file(line, "Model", recipe.model_name, recipe.model_hash);
    } else if (field.infotext == "VAE") {
      append_file(line, "VAE", recipe.vae_name, recipe.vae_hash);
    } else if (field.recorded == Recorded::always ||
               (field.recorded == Recorded::unlike_default && value != field_text(GenerateRequest{}, field))) {
      // "Size-1" and "Size-2" are one entry, "Size: 512x768".
      if (field.infotext.ends_with("-2"))
        line += "x" + value;
      else if (field.infotext.ends_with("-1"))
        line += fmt::format(", {}: {}", field.infotext.substr(0, field.infotext.size() - 2), value);
      else
        line += fmt::format(", {}: {}", field.infotext, infotext_value(value));
    }
  }
  if (!recipe.lora_hashes.empty()) line += ", Lora hashes: " + infotext_value(recipe.lora_hashes);
  // What is computed together is rounded alike, so that an exact repetition needs the whole batch.
  if (request.batch_size > 1)
    line += fmt::format(", Batch size: {}, Batch pos: {}", request.batch_size, recipe.batch_position);
  std::string text = request.prompt;
  if (!request.negative_prompt.empty()) text += fmt::format("\n{} {}", kNegativePromptMark, request.negative_prompt);
  text += "\n" + line.substr(2) + ", Version: darkroom " + std::string(version());
  return std::string(trimmed(text));
}

Settings infotext_settings(const ParsedInfotext& infotext) {
  return read_recipe(infotext).settings;
}

}  // namespace darkroom::generate
