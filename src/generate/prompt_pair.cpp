#include "generate/prompt_pair.h"

#include <algorithm>
#include <map>

#include "prompt/encode.h"
#include "prompt/schedule.h"

namespace darkroom::generate {
namespace {

models::Conditioning encoded(const LoadedModel::Parts& parts, const GenerateRequest& request, const std::string& text,
                             bool is_negative, size_t chunks) {
  const checkpoint::ModelDescription& model = parts.checkpoint.description;
  models::Conditioning conditioning = prompt::encode_prompt(text_encoders(parts, request.clip_skip), text, chunks);
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

/// All variants of one text have as many chunks as the longest, as in the reference.
std::vector<TimedConditioning> timed(const LoadedModel::Parts& parts, const GenerateRequest& request,
                                     const std::string& text, bool is_negative, const PlannedCalls& calls) {
  const std::vector<prompt::ScheduledText> texts =
      prompt::parse_schedule(text, {.calls = calls.first_pass, .hires_calls = calls.hires});
  size_t chunks = 1;
  if (texts.size() > 1) {
    for (const auto& one : texts)
      chunks = std::max(chunks, prompt::chunk_count(text_encoders(parts, request.clip_skip), one.text));
  }
  std::map<std::string, models::Conditioning> known;  // alternations say the same again and again
  std::vector<TimedConditioning> found;
  for (const auto& one : texts) {
    auto entry = known.find(one.text);
    if (entry == known.end())
      entry = known.emplace(one.text, encoded(parts, request, one.text, is_negative, chunks)).first;
    found.push_back({one.last_call, entry->second});
  }
  return found;
}

}  // namespace

PromptPlan plan_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request, const PlannedCalls& calls,
                        bool always_negative) {
  PromptPlan plan;
  for (const prompt::WeightedPart& part : prompt::split_and(request.prompt))
    plan.parts.push_back({part.weight, timed(parts, request, part.text, /*is_negative=*/false, calls)});
  const bool is_one = plan.parts.size() == 1 && plan.parts[0].weight * request.cfg_scale == 1;
  if (always_negative || !is_one)
    plan.negative = timed(parts, request, request.negative_prompt, /*is_negative=*/true, calls);
  return plan;
}

PromptPair encode_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request, bool always_negative) {
  const PromptPlan plan = plan_prompts(parts, request, request.steps, always_negative);
  return {plan.parts[0].texts[0].text, plan.negative.empty() ? models::Conditioning{} : plan.negative[0].text};
}

}  // namespace darkroom::generate
