#include "prompt/encode.h"

#include "models/unet_blocks.h"
#include "prompt/chunks.h"

namespace darkroom::prompt {
namespace {

struct ChunkTensors {
  Tensor ids;      // [N, T] int64
  Tensor weights;  // [N, T]
};

ChunkTensors chunk_tensors(const std::vector<Chunk>& chunks) {
  const int64_t count = int64_t(chunks.size()), length = int64_t(chunks.front().ids.size());
  ChunkTensors tensors{at::empty({count, length}, at::kLong), at::empty({count, length}, at::kFloat)};
  int64_t* id = tensors.ids.data_ptr<int64_t>();
  float* weight = tensors.weights.data_ptr<float>();
  for (const Chunk& chunk : chunks) {
    id = std::copy(chunk.ids.begin(), chunk.ids.end(), id);
    weight = std::copy(chunk.weights.begin(), chunk.weights.end(), weight);
  }
  return tensors;
}

ChunkTokens chunk_tokens_of(const TextEncoder& encoder) {
  const Tokenizer& tokenizer = *encoder.tokenizer;
  return {[&](std::string_view text) { return tokenizer.encode(text); },
          tokenizer.bos(),
          tokenizer.eos(),
          encoder.pad,
          tokenizer.token_id(",</w>"),
          encoder.embedding_at};
}

std::vector<models::TokenVectors> vectors_in(const TextEncoder& encoder, const std::vector<Chunk>& chunks) {
  std::vector<models::TokenVectors> vectors;
  for (size_t row = 0; row < chunks.size(); ++row)
    for (const ChunkFix& fix : chunks[row].fixes)
      vectors.push_back({int64_t(row), fix.offset + 1, encoder.vectors_of(fix.embedding)});
  return vectors;
}

struct EncodedText {
  Tensor context;  // [1, N·T, C]
  Tensor pooled;   // [1, P] or undefined
};

std::vector<Chunk> chunks_of(const TextEncoder& encoder, const std::vector<WeightedText>& pieces) {
  const ChunkOptions options{.length = int(encoder.network->config.positions) - 2};
  return chunk_tokens(pieces, chunk_tokens_of(encoder), options);
}

EncodedText encode_text(const TextEncoder& encoder, const std::vector<WeightedText>& pieces, size_t least_chunks,
                        Emphasis emphasis) {
  const models::ClipText& network = *encoder.network;
  std::vector<Chunk> chunks = chunks_of(encoder, pieces);
  if (chunks.size() < least_chunks) chunks.resize(least_chunks, chunks_of(encoder, {{"", 1}}).front());
  const at::Device device = network.parameters().front().device();  // an accelerator, while it is their turn
  const auto [read_ids, weights] = chunk_tensors(chunks);
  const Tensor ids = read_ids.to(device);

  const std::vector<models::TokenVectors> vectors = vectors_in(encoder, chunks);
  const Tensor hidden = network.hidden_state(ids, encoder.skipped, vectors);
  const Tensor read = (encoder.final_norm ? network.normed(hidden) : hidden).to(at::kCPU);
  const Tensor states = with_emphasis(read, weights, emphasis);
  EncodedText text{states.reshape({1, -1, states.size(2)}), {}};
  if (encoder.has_pooled) {
    const Tensor first = ids.narrow(0, 0, 1);
    const Tensor last = network.hidden_state(first, 0, vectors_in(encoder, {chunks.front()}));
    text.pooled = network.pooled(last, first, encoder.tokenizer->eos()).to(at::kCPU);
  }
  return text;
}

}  // namespace

Tensor with_emphasis(const Tensor& states, const Tensor& weights, Emphasis emphasis) {
  if (weights.eq(1).all().item<bool>()) return states;
  const Tensor weighted = states * weights.unsqueeze(-1);
  if (emphasis == Emphasis::no_norm) return weighted;
  return weighted * (states.mean({1, 2}, /*keepdim=*/true) / weighted.mean({1, 2}, /*keepdim=*/true));
}

size_t chunk_count(const std::vector<TextEncoder>& encoders, std::string_view prompt, Emphasis emphasis) {
  return chunks_of(encoders.front(), weighted_pieces(prompt, emphasis)).size();
}

models::Conditioning encode_prompt(const std::vector<TextEncoder>& encoders, std::string_view prompt,
                                   size_t least_chunks, Emphasis emphasis) {
  const std::vector<WeightedText> pieces = weighted_pieces(prompt, emphasis);
  std::vector<Tensor> contexts;
  models::Conditioning conditioning;
  for (const TextEncoder& encoder : encoders) {
    EncodedText text = encode_text(encoder, pieces, least_chunks, emphasis);
    contexts.push_back(text.context);
    if (text.pooled.defined()) conditioning.vector = text.pooled;
  }
  conditioning.context = contexts.size() == 1 ? contexts[0] : at::cat(contexts, -1);
  return conditioning;
}

Tensor size_vector(const PictureSizes& sizes, int64_t width) {
  const std::vector<float> numbers = {float(sizes.original_height), float(sizes.original_width),
                                      float(sizes.crop_top),        float(sizes.crop_left),
                                      float(sizes.target_height),   float(sizes.target_width)};
  const Tensor t = at::tensor(numbers);
  return models::timestep_embedding(t, width).reshape({1, -1});
}

}  // namespace darkroom::prompt
