// What model files bring along: cards, and pictures beside them.
#include <algorithm>
#include <system_error>

#include "formats/mapped_file.h"
#include "formats/picture_file.h"
#include "formats/utf8.h"
#include "imaging/shrink.h"
#include "server/json_text.h"
#include "server/lora_previews.h"
#include "server/training/own_names.h"
#include "server/v1/endpoints.h"

namespace darkroom::server::v1 {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr size_t kLargestText = size_t(1) << 20;
constexpr int kPreviewSide = 320;

/// A text file of a model's folder; empty where it is not there, too large or a link out of the folder.
std::string text_of(const fs::path& folder, const char* name) {
  std::error_code problem;
  if (!fs::is_regular_file(folder / name, problem)) return "";
  try {
    return formats::read_text_file(own_path(folder, {name}, "text"), kLargestText);
  } catch (const Error&) {
    return "";
  }
}

/// Lists of words by what they are; null where the model's folder has none.
ordered_json words_known(const fs::path& folder) {
  const ordered_json read = ordered_json::parse(text_of(folder, "knows.json"), nullptr, /*allow_exceptions=*/false);
  if (!read.is_object()) return nullptr;
  const auto is_words = [](const ordered_json& list) {
    return list.is_array() && std::all_of(list.begin(), list.end(), [](const auto& word) { return word.is_string(); });
  };
  return std::all_of(read.begin(), read.end(), is_words) ? read : ordered_json(nullptr);
}

LoraFile known_lora(const Asked& asked, const Context& context) {
  for (LoraFile& lora : context.library.loras())
    if (lora.name == asked.parts.at(0)) return lora;
  fail(ErrorKind::not_found, "there is no LoRA file {}", formats::in_quotes(asked.parts.at(0).substr(0, 200)));
}

}  // namespace

Answer model_card(const Asked& asked, Context& context) {
  const ModelFile model = context.library.model_named(asked.value("model"));
  const std::string card = text_of(model.path, "README.md");
  return json_answer({{"model", model.title()},
                      {"name", model.name},
                      {"card", card.empty() ? ordered_json(nullptr) : ordered_json(card)},
                      {"knows", words_known(model.path)}});
}

Answer lora_preview(const Asked& asked, Context& context) {
  const LoraFile lora = known_lora(asked, context);
  const fs::path file = preview_of(lora.path);
  require(!file.empty(), ErrorKind::not_found, "there is no picture beside the LoRA file {}",
          formats::in_quotes(lora.name));
  // Made anew, so that only a picture leaves, whatever else the file holds. The address says when it was written.
  return {.body = formats::encode_picture(imaging::shrunk_into(formats::read_picture(file).image, kPreviewSide), "",
                                          {formats::FileKind::webp, 85}),
          .type = "image/webp",
          .headers = {{"Cache-Control", "private, max-age=31536000, immutable"}}};
}

Answer set_lora_preview(const Asked& asked, Context& context) {
  const LoraFile lora = known_lora(asked, context);
  const int64_t id = whole_in(object_of_body(asked.body), "picture", 0, 1, INT64_MAX);
  const auto picture = context.store.picture(id);
  require(picture.has_value(), ErrorKind::not_found, "there is no picture {}", id);
  keep_preview(lora.path, formats::read_picture(context.output / picture->file).image, picture->infotext);
  context.library.refresh();
  return json_answer(start_json(context));
}

}  // namespace darkroom::server::v1
