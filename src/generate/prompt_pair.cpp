#include "generate/prompt_pair.h"

#include <algorithm>
#include <map>

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

models::Conditioning encoded(const Reading& reading, const std::string& text, bool is_negative, size_t chunks) {
  const auto& [parts, request, encoders, emphasis, calls] = reading;
  const checkpoint::ModelDescription& model = parts.checkpoint.description;
  models::Conditioning conditioning = prompt::encode_prompt(encoders, text, chunks, emphasis);
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

/// All variants of one text have as many chunks as the longest, as in the reference.
std::vector<TimedConditioning> timed(const Reading& reading, const std::string& text, bool is_negative,
                                     size_t least_chunks) {
  const std::vector<prompt::ScheduledText> texts = scheduled(reading, text);
  const size_t chunks = texts.size() > 1 ? std::max(least_chunks, most_chunks(reading, texts)) : least_chunks;
  std::map<std::string, models::Conditioning> known;  // alternations say the same again and again
  std::vector<TimedConditioning> found;
  for (const auto& one : texts) {
    auto entry = known.find(one.text);
    if (entry == known.end()) entry = known.emplace(one.text, encoded(reading, one.text, is_negative, chunks)).first;
    found.push_back({one.last_call, entry->second});
  }
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
  for (const prompt::WeightedPart& part : prompt::split_and(request.prompt))
    plan.parts.push_back({part.weight, timed(reading, part.text, /*is_negative=*/false, chunks)});
  const bool is_one = plan.parts.size() == 1 && plan.parts[0].weight * request.cfg_scale == 1;
  if (always_negative || !is_one) plan.negative = timed(reading, request.negative_prompt, /*is_negative=*/true, chunks);
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
