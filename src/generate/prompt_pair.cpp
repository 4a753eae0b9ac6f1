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
  const prompt::Emphasis emphasis = prompt::emphasis_named(request.emphasis);
  models::Conditioning conditioning =
      prompt::encode_prompt(text_encoders(parts, request.clip_skip), text, chunks, emphasis);
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

std::vector<prompt::ScheduledText> scheduled(const GenerateRequest& request, const std::string& text,
                                             const PlannedCalls& calls) {
  return prompt::parse_schedule(
      text, {.calls = calls.first_pass, .hires_calls = calls.hires, .old_rule = request.old_prompt_editing});
}

size_t most_chunks(const LoadedModel::Parts& parts, const GenerateRequest& request,
                   const std::vector<prompt::ScheduledText>& texts) {
  const prompt::Emphasis emphasis = prompt::emphasis_named(request.emphasis);
  size_t chunks = 1;
  for (const auto& one : texts)
    chunks = std::max(chunks, prompt::chunk_count(text_encoders(parts, request.clip_skip), one.text, emphasis));
  return chunks;
}

/// All variants of one text have as many chunks as the longest, as in the reference.
std::vector<TimedConditioning> timed(const LoadedModel::Parts& parts, const GenerateRequest& request,
                                     const std::string& text, bool is_negative, const PlannedCalls& calls,
                                     size_t least_chunks) {
  const std::vector<prompt::ScheduledText> texts = scheduled(request, text, calls);
  const size_t chunks = texts.size() > 1 ? std::max(least_chunks, most_chunks(parts, request, texts)) : least_chunks;
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

/// What all texts of a request have at least, so that they are padded to one length.
size_t common_chunks(const LoadedModel::Parts& parts, const GenerateRequest& request, const PlannedCalls& calls) {
  size_t chunks = most_chunks(parts, request, scheduled(request, request.negative_prompt, calls));
  for (const prompt::WeightedPart& part : prompt::split_and(request.prompt))
    chunks = std::max(chunks, most_chunks(parts, request, scheduled(request, part.text, calls)));
  return chunks;
}

/// The first `rows` rows; where there are less, the last one again.
Tensor with_rows(const Tensor& context, int64_t rows) {
  const int64_t missing = rows - context.size(1);
  if (missing <= 0) return context.narrow(1, 0, rows);
  return at::cat({context, context.narrow(1, -1, 1).expand({-1, missing, -1})}, 1);
}

int64_t longest(const std::vector<PromptPart>& parts) {
  int64_t rows = 0;
  for (const PromptPart& part : parts) rows = std::max(rows, part.texts.front().text.context.size(1));
  return rows;
}

}  // namespace

PromptPlan plan_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request, const PlannedCalls& calls,
                        bool always_negative) {
  PromptPlan plan;
  const size_t chunks = request.pad_conds ? common_chunks(parts, request, calls) : 1;
  for (const prompt::WeightedPart& part : prompt::split_and(request.prompt))
    plan.parts.push_back({part.weight, timed(parts, request, part.text, /*is_negative=*/false, calls, chunks)});
  const bool is_one = plan.parts.size() == 1 && plan.parts[0].weight * request.cfg_scale == 1;
  if (always_negative || !is_one)
    plan.negative = timed(parts, request, request.negative_prompt, /*is_negative=*/true, calls, chunks);
  if (request.pad_conds_v0)
    for (TimedConditioning& text : plan.negative) text.text.context = with_rows(text.text.context, longest(plan.parts));
  return plan;
}

PromptPair encode_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request, bool always_negative) {
  const PromptPlan plan = plan_prompts(parts, request, request.steps, always_negative);
  return {plan.parts[0].texts[0].text, plan.negative.empty() ? models::Conditioning{} : plan.negative[0].text};
}

}  // namespace darkroom::generate
