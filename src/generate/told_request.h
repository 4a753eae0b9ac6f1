// The tags of a prompt act before it is encoded.
#pragma once

#include <string>

#include "generate/loaded_model.h"

namespace darkroom::generate {

/// A request as the networks are told it.
struct ToldRequest {
  GenerateRequest request;  ///< without the tags in its prompt
  std::string lora_hashes;  ///< for infotext
};

/// Makes the LoRA files that the prompt's tags name act on the model, exactly these, until the next call; warns of tags
/// that mean nothing. Tags in the negative prompt are text, as in A1111. Throws as ModelAdapters::use and
/// prompt::lora_tag do.
ToldRequest use_tags(const LoadedModel::Parts& parts, const GenerateRequest& request);

}  // namespace darkroom::generate
