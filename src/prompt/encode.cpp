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

/// Of a prompt, weights read.
struct Pieces {
  std::vector<WeightedText> texts;
  size_t least_chunks;
};

struct EncodedText {
  Tensor context;  // [1, N·T, C]
  Tensor pooled;   // [1, P] or undefined
};

std::vector<Chunk> chunks_of(const TextEncoder& encoder, const std::vector<WeightedText>& pieces) {
  const ChunkOptions options{.length = int(encoder.network->config.positions) - 2};
  return chunk_tokens(pieces, chunk_tokens_of(encoder), options);
}

/// All chunks of all prompts at once: weights are read from memory once for all rows.
std::vector<EncodedText> encode_texts(const TextEncoder& encoder, const std::vector<Pieces>& prompts,
                                      Emphasis emphasis) {
  const models::ClipText& network = *encoder.network;
  std::vector<Chunk> chunks;
  std::vector<int64_t> begins = {0};
  for (const Pieces& prompt : prompts) {
    std::vector<Chunk> own = chunks_of(encoder, prompt.texts);
    if (own.size() < prompt.least_chunks) own.resize(prompt.least_chunks, chunks_of(encoder, {{"", 1}}).front());
    chunks.insert(chunks.end(), own.begin(), own.end());
    begins.push_back(int64_t(chunks.size()));
  }
  const at::Device device = network.parameters().front().device();  // an accelerator, while it is their turn
  const auto [read_ids, weights] = chunk_tensors(chunks);
  const Tensor ids = read_ids.to(device);
  const Tensor hidden = network.hidden_state(ids, encoder.skipped, vectors_in(encoder, chunks));
  const Tensor read = (encoder.final_norm ? network.normed(hidden) : hidden).to(at::kCPU);
  Tensor pooled;  // of each prompt's first chunk
  if (encoder.has_pooled) {
    const Tensor firsts = at::tensor(std::vector<int64_t>(begins.begin(), begins.end() - 1)).to(device);
    const Tensor last = network.last_state(hidden.index_select(0, firsts), encoder.skipped);
    pooled = network.pooled(last, ids.index_select(0, firsts), encoder.tokenizer->eos()).to(at::kCPU);
  }
  std::vector<EncodedText> texts;
  for (size_t i = 0; i < prompts.size(); ++i) {
    const int64_t count = begins[i + 1] - begins[i];
    const Tensor states =
        with_emphasis(read.narrow(0, begins[i], count), weights.narrow(0, begins[i], count), emphasis);
    texts.push_back({states.reshape({1, -1, states.size(2)}), {}});
    if (pooled.defined()) texts.back().pooled = pooled.narrow(0, int64_t(i), 1);
  }
  return texts;
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

std::vector<models::Conditioning> encode_prompts(const std::vector<TextEncoder>& encoders,
                                                 const std::vector<PromptText>& prompts, Emphasis emphasis) {
  std::vector<Pieces> pieces;
  for (const PromptText& prompt : prompts)
    pieces.push_back({weighted_pieces(prompt.text, emphasis), prompt.least_chunks});
  std::vector<std::vector<Tensor>> contexts(prompts.size());
  std::vector<models::Conditioning> found(prompts.size());
  for (const TextEncoder& encoder : encoders) {
    std::vector<EncodedText> texts = encode_texts(encoder, pieces, emphasis);
    for (size_t i = 0; i < prompts.size(); ++i) {
      contexts[i].push_back(texts[i].context);
      if (texts[i].pooled.defined()) found[i].vector = texts[i].pooled;
    }
  }
  for (size_t i = 0; i < prompts.size(); ++i)
    found[i].context = encoders.size() == 1 ? contexts[i][0] : at::cat(contexts[i], -1);
  return found;
}

models::Conditioning encode_prompt(const std::vector<TextEncoder>& encoders, std::string_view prompt,
                                   size_t least_chunks, Emphasis emphasis) {
  return encode_prompts(encoders, {{std::string(prompt), least_chunks}}, emphasis).front();
}

Tensor size_vector(const PictureSizes& sizes, int64_t width) {
  const std::vector<float> numbers = {float(sizes.original_height), float(sizes.original_width),
                                      float(sizes.crop_top),        float(sizes.crop_left),
                                      float(sizes.target_height),   float(sizes.target_width)};
  const Tensor t = at::tensor(numbers);
  return models::timestep_embedding(t, width).reshape({1, -1});
}

}  // namespace darkroom::prompt
