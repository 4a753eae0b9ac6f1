#include "generate/told_request.h"

#include "base/log.h"
#include "formats/utf8.h"
#include "generate/lora_folder.h"
#include "prompt/extra_networks.h"

namespace darkroom::generate {

ToldRequest use_tags(const LoadedModel::Parts& parts, const GenerateRequest& request) {
  const prompt::TaggedPrompt prompt = prompt::without_tags(request.prompt);
  for (const prompt::NetworkTag& tag : prompt.tags) {
    if (!prompt::is_lora(tag))
      log_warning("{} has no effect: tags are <lora:name:weight>", formats::in_quotes(tag.text));
  }
  ToldRequest told{request, parts.adapters->use(prompt::lora_tags(prompt), lora_folder(request), request.lora_beside)};
  told.request.prompt = prompt.text;
  return told;
}

}  // namespace darkroom::generate
