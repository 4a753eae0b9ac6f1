#include "generate/told_request.h"

#include "base/log.h"
#include "formats/utf8.h"
#include "generate/lora_folder.h"

namespace darkroom::generate {
namespace {

/// Takes the tags out of the text.
std::vector<prompt::LoraTag> tags_taken(std::string& text) {
  prompt::TaggedPrompt tagged = prompt::without_tags(text);
  for (const prompt::NetworkTag& tag : tagged.tags) {
    if (!prompt::is_lora(tag))
      log_warning("{} has no effect: tags are <lora:name:weight>", formats::in_quotes(tag.text));
  }
  text = tagged.text;
  return prompt::lora_tags(tagged);
}

}  // namespace

ToldRequest::ToldRequest(const LoadedModel::Parts& parts, const GenerateRequest& request)
    : parts_(parts),
      request_(request),
      first_(tags_taken(request_.prompt)),
      is_one_set_(request_.hires_prompt.empty()) {
  hires_ = request.hires_prompt.empty() ? first_ : tags_taken(request_.hires_prompt);
  lora_hashes_ = parts_.adapters->use(first_, lora_folder(request_), request_.lora_beside);
}

void ToldRequest::use(const std::vector<prompt::LoraTag>& tags) {
  if (!is_one_set_) parts_.adapters->use(tags, lora_folder(request_), request_.lora_beside);
}

}  // namespace darkroom::generate
