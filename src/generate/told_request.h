// The tags of a prompt act before it is encoded.
#pragma once

#include <string>

#include "generate/loaded_model.h"
#include "prompt/extra_networks.h"

namespace darkroom::generate {

/// A request as the networks are told it.
class ToldRequest {
 public:
  /// Takes the tags out of the prompts and makes the LoRA files they name act on the model; warns of tags that mean
  /// nothing. Tags in the negative prompts are text, as in A1111. `parts` must outlive it. Throws as ModelAdapters::use
  /// and prompt::lora_tag do.
  ToldRequest(const LoadedModel::Parts& parts, const GenerateRequest& request);

  const GenerateRequest& request() const { return request_; }      ///< without the tags
  const std::string& lora_hashes() const { return lora_hashes_; }  ///< for infotext

  /// Makes the first pass' files act, or those of the second pass' prompt if it has one; exactly these, until the next
  /// call.
  void use_first() { use(first_); }
  void use_hires() { use(hires_); }

 private:
  void use(const std::vector<prompt::LoraTag>& tags);

  const LoadedModel::Parts& parts_;
  GenerateRequest request_;
  std::vector<prompt::LoraTag> first_, hires_;
  bool is_one_set_;  ///< nothing to change between the passes
  std::string lora_hashes_;
};

}  // namespace darkroom::generate
