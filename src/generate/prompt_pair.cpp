#include "generate/prompt_pair.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "generate/embedding_folder.h"
#include "prompt/encode.h"
#include "prompt/schedule.h"

namespace darkroom::generate {
namespace {

/// How a request's texts are read.
struct Reading {
  const LoadedModel::Parts& parts;
  const GenerateRequest& request;
  std::vector<prompt::TextEncoder> encoders;
  prompt::Emphasis emphasis;
  PlannedCalls calls;
};

std::vector<prompt::ScheduledText> scheduled(const Reading& reading, const std::string& text) {
  return prompt::parse_schedule(text, {.calls = reading.calls.first_pass,
                                       .hires_calls = reading.calls.hires,
                                       .old_rule = reading.request.old_prompt_editing});
}

size_t most_chunks(const Reading& reading, const std::vector<prompt::ScheduledText>& texts) {
  size_t chunks = 1;
  for (const auto& one : texts)
    chunks = std::max(chunks, prompt::chunk_count(reading.encoders, one.text, reading.emphasis));
  return chunks;
}

/// What one prompt says over the calls. All variants have as many chunks as the longest, as in the reference.
struct Schedule {
  std::vector<prompt::ScheduledText> texts;
  size_t chunks;
  bool is_negative;

  Schedule(const Reading& reading, const std::string& text, bool is_negative, size_t least_chunks)
      : texts(scheduled(reading, text)), chunks(least_chunks), is_negative(is_negative) {
    if (texts.size() > 1) chunks = std::max(chunks, most_chunks(reading, texts));
  }
};

/// By what is said and in how many chunks: prompts say the same again and again.
using Encoded = std::map<std::pair<std::string, size_t>, models::Conditioning>;

Encoded encoded(const Reading& reading, const std::vector<Schedule>& schedules) {
  Encoded found;
  for (const Schedule& schedule : schedules)
    for (const auto& one : schedule.texts) found[{one.text, schedule.chunks}] = {};
  std::vector<prompt::PromptText> prompts;
  for (const auto& [said, conditioning] : found) prompts.push_back({said.first, said.second});
  const auto answers = prompt::encode_prompts(reading.encoders, prompts, reading.emphasis);
  auto answer = answers.begin();
  for (auto& [said, conditioning] : found) conditioning = *answer++;
  return found;
}

/// With what SDXL is told besides.
models::Conditioning completed(const Reading& reading, models::Conditioning conditioning, bool is_empty_negative) {
  const checkpoint::ModelDescription& model = reading.parts.checkpoint.description;
  if (!conditioning.vector.defined()) return conditioning;
  // Parity: of SDXL's two ways to say nothing, zeros, is taken for an empty negative prompt only; a blank is text.
  if (is_empty_negative && model.zeros_for_empty_negative) {
    conditioning = {at::zeros_like(conditioning.context), at::zeros_like(conditioning.vector)};
  }
  const prompt::PictureSizes sizes{.original_height = reading.request.height,
                                   .original_width = reading.request.width,
                                   .target_height = reading.request.height,
                                   .target_width = reading.request.width};
  conditioning.vector = at::cat({conditioning.vector, prompt::size_vector(sizes, model.size_embedding)}, 1);
  return conditioning;
}

std::vector<TimedConditioning> timed(const Reading& reading, const Schedule& schedule, const Encoded& encoded) {
  std::vector<TimedConditioning> found;
  for (const auto& one : schedule.texts)
    found.push_back({one.last_call, completed(reading, encoded.at({one.text, schedule.chunks}),
                                              schedule.is_negative && one.text.empty())});
  return found;
}

/// What all texts of a request have at least, so that they are padded to one length.
size_t common_chunks(const Reading& reading) {
  size_t chunks = most_chunks(reading, scheduled(reading, reading.request.negative_prompt));
  for (const prompt::WeightedPart& part : prompt::split_and(reading.request.prompt))
    chunks = std::max(chunks, most_chunks(reading, scheduled(reading, part.text)));
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

EmbeddingFolder embeddings_of(const LoadedModel::Parts& parts, const GenerateRequest& request) {
  std::vector<int64_t> widths;
  for (const auto& encoder : parts.checkpoint.text_encoders) widths.push_back(encoder->config.width);
  return {embeddings_folder(request), *parts.tokenizers.front(), widths};
}

Tensor embedding_vectors(const formats::StoredTensor& stored) {
  const Tensor vectors = checkpoint::tensor_view(stored).to(at::kFloat);
  require(at::isfinite(vectors).all().item<bool>(), ErrorKind::corrupt_file,
          "read an embedding of the prompt: its vectors must be finite numbers, are not");
  return vectors;
}

/// `embeddings` must outlive it.
std::vector<prompt::TextEncoder> encoders_with(EmbeddingFolder& embeddings, const LoadedModel::Parts& parts,
                                               int clip_skip) {
  std::vector<prompt::TextEncoder> encoders = text_encoders(parts, clip_skip);
  for (size_t i = 0; i < encoders.size(); ++i) {
    encoders[i].embedding_at = [&](std::span<const int> ids, size_t at) { return embeddings.find(ids, at); };
    encoders[i].vectors_of = [&, i](int number) { return embedding_vectors(embeddings.tensors(number).at(i)); };
  }
  return encoders;
}

}  // namespace

PromptPlan plan_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request, const PlannedCalls& calls,
                        bool always_negative) {
  EmbeddingFolder embeddings = embeddings_of(parts, request);
  const Reading reading{parts, request, encoders_with(embeddings, parts, request.clip_skip),
                        prompt::emphasis_named(request.emphasis), calls};
  PromptPlan plan;
  const size_t chunks = request.pad_conds ? common_chunks(reading) : 1;
  const std::vector<prompt::WeightedPart> parts_said = prompt::split_and(request.prompt);
  const bool is_one = parts_said.size() == 1 && parts_said[0].weight * request.cfg_scale == 1;
  std::vector<Schedule> schedules;
  for (const prompt::WeightedPart& part : parts_said)
    schedules.emplace_back(reading, part.text, /*is_negative=*/false, chunks);
  if (always_negative || !is_one)
    schedules.emplace_back(reading, request.negative_prompt, /*is_negative=*/true, chunks);
  const Encoded known = encoded(reading, schedules);
  for (size_t i = 0; i < parts_said.size(); ++i)
    plan.parts.push_back({parts_said[i].weight, timed(reading, schedules[i], known)});
  if (schedules.size() > parts_said.size()) plan.negative = timed(reading, schedules.back(), known);
  if (request.pad_conds_v0)
    for (TimedConditioning& text : plan.negative) text.text.context = with_rows(text.text.context, longest(plan.parts));
  plan.embedding_hashes = embedding_hashes(embeddings.found());
  return plan;
}

PromptPair encode_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request, bool always_negative) {
  const PromptPlan plan = plan_prompts(parts, request, request.steps, always_negative);
  return {plan.parts[0].texts[0].text, plan.negative.empty() ? models::Conditioning{} : plan.negative[0].text};
}

}  // namespace darkroom::generate
