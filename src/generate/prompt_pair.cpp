#include "generate/prompt_pair.h"

#include "prompt/encode.h"

namespace darkroom::generate {
namespace {

models::Conditioning encoded(const LoadedModel::Parts& parts, const GenerateRequest& request, bool is_negative) {
  const checkpoint::ModelDescription& model = parts.checkpoint.description;
  const std::string& text = is_negative ? request.negative_prompt : request.prompt;
  models::Conditioning conditioning = prompt::encode_prompt(text_encoders(parts, request.clip_skip), text);
  if (!conditioning.vector.defined()) return conditioning;
  // Parity: of SDXL's two ways to say nothing, zeros, is taken for an empty negative prompt only; a blank is text.
  if (is_negative && text.empty() && model.zeros_for_empty_negative) {
    conditioning = {at::zeros_like(conditioning.context), at::zeros_like(conditioning.vector)};
  }
  const prompt::PictureSizes sizes{.original_height = request.height,
                                   .original_width = request.width,
                                   .target_height = request.height,
                                   .target_width = request.width};
  conditioning.vector = at::cat({conditioning.vector, prompt::size_vector(sizes, model.size_embedding)}, 1);
  return conditioning;
}

}  // namespace

PromptPair encode_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request, bool always_negative) {
  PromptPair pair{encoded(parts, request, /*is_negative=*/false), {}};
  if (always_negative || request.cfg_scale != 1) pair.negative = encoded(parts, request, /*is_negative=*/true);
  return pair;
}

}  // namespace darkroom::generate
