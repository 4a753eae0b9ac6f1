#include "train/caption_encoder.h"

#include <algorithm>

#include "base/error.h"
#include "checkpoint/mapped_weights.h"
#include "formats/utf8.h"
#include "prompt/syntax.h"

namespace darkroom::train {
namespace {

using prompt::Tokenizer;

constexpr size_t kMostRemembered = size_t(512) << 20;  // bytes: 2,200 captions of SD 1.5, 830 of SDXL, at 75 tokens

std::shared_ptr<const Tokenizer> tokenizer_of(const checkpoint::TextEncoderDescription& encoder) {
  if (encoder.tokenizer)
    return std::make_shared<const Tokenizer>(
        Tokenizer::from_texts(encoder.tokenizer->vocab_json, encoder.tokenizer->merges_txt));
  return {std::shared_ptr<void>(), &Tokenizer::clip()};
}

/// Windows [B·n, T, C] -> [B, 2 + n (T - 2), C]: the first start, all that is between, the last end.
Tensor joined_windows(const Tensor& states, int64_t windows) {
  const int64_t length = states.size(1);
  const Tensor split = states.reshape({-1, windows, length, states.size(2)});
  if (windows == 1) return split.select(1, 0);
  std::vector<Tensor> parts = {split.select(1, 0).narrow(1, 0, 1)};
  for (int64_t i = 0; i < windows; ++i) parts.push_back(split.select(1, i).narrow(1, 1, length - 2));
  parts.push_back(split.select(1, windows - 1).narrow(1, length - 1, 1));
  return at::cat(parts, 1);
}

/// A run reads many captions, so what is wrong with one is said with it.
std::vector<prompt::WeightedText> pieces_of(const std::string& caption) {
  try {
    return prompt::parse_attention(caption);
  } catch (const Error& error) {
    fail(error.kind(), "weighted_captions, the caption {}: {}", formats::in_quotes(caption), error.what());
  }
}

struct WeightedTokens {
  std::vector<int> ids;
  std::vector<float> weights;
};

WeightedTokens tokens_of(const Tokenizer& tokenizer, const std::string& caption, bool has_weights) {
  if (!has_weights) {
    WeightedTokens all{tokenizer.encode(caption), {}};
    all.weights.assign(all.ids.size(), 1);
    return all;
  }
  WeightedTokens all;
  for (const prompt::WeightedText& piece : pieces_of(caption)) {
    const std::vector<int> ids = tokenizer.encode(piece.text);
    all.ids.insert(all.ids.end(), ids.begin(), ids.end());
    // Parity: captions know no BREAK, so it is a word, while parse_attention() gives it a weight times -1.
    const double weight = piece.text == "BREAK" ? -piece.weight : piece.weight;
    all.weights.insert(all.weights.end(), ids.size(), float(weight));
  }
  return all;
}

}  // namespace

CaptionWindows caption_windows(const Tokenizer& tokenizer, int pad, const std::string& caption, int64_t windows,
                               int64_t length, bool has_weights) {
  const int64_t inner = length - 2;
  auto [tokens, told_weights] = tokens_of(tokenizer, caption, has_weights);
  tokens.resize(std::min(tokens.size(), size_t(inner * windows)));
  const bool fills_with_end = pad == tokenizer.eos();
  // What would be one long row: the caption, the end token, what fills.
  std::vector<int64_t> row(tokens.begin(), tokens.end());
  row.push_back(tokenizer.eos());
  row.resize(size_t(inner * windows + 1), pad);
  const Tensor ids = at::empty({windows, length}, at::kLong), weights = at::ones({windows, length});
  auto cell = ids.accessor<int64_t, 2>();
  auto weight = weights.accessor<float, 2>();
  for (size_t i = 0; i < tokens.size(); ++i) weight[int64_t(i) / inner][1 + int64_t(i) % inner] = told_weights[i];
  for (int64_t w = 0; w < windows; ++w) {
    cell[w][0] = tokenizer.bos();
    std::copy_n(row.begin() + w * inner, inner, &cell[w][1]);
    cell[w][length - 1] = row.back();
    if (fills_with_end) continue;
    // A window of text alone is followed by the end token, and one of nothing begins with it.
    const int64_t last = cell[w][inner];
    if (last != tokenizer.eos() && last != pad) cell[w][length - 1] = tokenizer.eos();
    if (cell[w][1] == pad) cell[w][1] = tokenizer.eos();
  }
  return {ids, weights};
}

CaptionEncoder::CaptionEncoder(const checkpoint::Checkpoint& model, const Options& options)
    : windows_(options.max_tokens / 75),
      size_embedding_(model.description.size_embedding),
      is_sdxl_(model.description.family == checkpoint::Family::sdxl),
      remembers_(options.remembers),
      has_weights_(options.has_weights) {
  const auto& descriptions = model.description.text_encoders;
  for (size_t i = 0; i < model.text_encoders.size(); ++i) {
    const auto tokenizer = tokenizer_of(descriptions[i]);
    Encoder encoder{.network = model.text_encoders[i].get(),
                    .tokenizer = tokenizer,
                    .pad = tokenizer->token_id(descriptions[i].pad_token).value_or(tokenizer->eos()),
                    .skipped = is_sdxl_ ? 1 : options.clip_skip - 1,
                    .final_norm = !is_sdxl_,
                    .has_pooled = is_sdxl_ && i + 1 == model.text_encoders.size()};
    require(encoder.skipped < encoder.network->config.layers, ErrorKind::invalid_request,
            "LoRA training: clip_skip {} needs as many layers, the model's text encoder has {}", options.clip_skip,
            encoder.network->config.layers);
    encoders_.push_back(std::move(encoder));
  }
}

models::Conditioning CaptionEncoder::encoded(const std::vector<std::string>& captions) const {
  models::Conditioning conditioning;
  std::vector<Tensor> contexts;
  for (const Encoder& encoder : encoders_) {
    const models::ClipText& network = *encoder.network;
    std::vector<Tensor> rows, weights;
    for (const std::string& caption : captions) {
      const CaptionWindows one =
          caption_windows(*encoder.tokenizer, encoder.pad, caption, windows_, network.config.positions, has_weights_);
      rows.push_back(one.ids);
      weights.push_back(one.weights);
    }
    const Tensor ids = at::cat(rows, 0);
    const Tensor state = network.hidden_state(ids, encoder.skipped);
    Tensor hidden = encoder.final_norm ? network.normed(state) : state;
    if (has_weights_) hidden = hidden * at::cat(weights, 0).unsqueeze(-1).to(hidden.scalar_type());
    contexts.push_back(joined_windows(hidden, windows_));
    if (encoder.has_pooled) {
      const auto first_windows = [&](const Tensor& all) { return all.unflatten(0, {-1, windows_}).select(1, 0); };
      const Tensor last = network.last_state(first_windows(state), encoder.skipped);
      conditioning.vector = network.pooled(last, first_windows(ids), encoder.tokenizer->eos());
    }
  }
  conditioning.context = contexts.size() == 1 ? contexts[0] : at::cat(contexts, -1);
  return conditioning;
}

models::Conditioning CaptionEncoder::encode(const std::vector<std::string>& captions,
                                            const std::vector<prompt::PictureSizes>& sizes) const {
  models::Conditioning conditioning;
  if (remembers_) {
    NoGrad guard;
    std::vector<Tensor> contexts, vectors;
    bool has_new = false;
    for (const std::string& caption : captions) {
      auto found = known_.find(caption);
      if (found == known_.end()) {
        has_new = true;
        if (known_bytes_ > kMostRemembered) known_.clear(), known_bytes_ = 0;
        found = known_.emplace(caption, encoded({caption})).first;
        known_bytes_ += found->second.context.nbytes() + (is_sdxl_ ? found->second.vector.nbytes() : 0);
      }
      contexts.push_back(found->second.context);
      if (is_sdxl_) vectors.push_back(found->second.vector);
    }
    // Until the next new caption the encoders are not needed.
    if (has_new)
      for (const Encoder& encoder : encoders_) checkpoint::let_go_of(*encoder.network);
    conditioning.context = at::cat(contexts, 0);
    if (is_sdxl_) conditioning.vector = at::cat(vectors, 0);
  } else {
    conditioning = encoded(captions);
  }
  if (!is_sdxl_) return conditioning;
  std::vector<Tensor> numbers;
  for (const prompt::PictureSizes& size : sizes) numbers.push_back(prompt::size_vector(size, size_embedding_));
  conditioning.vector = at::cat({conditioning.vector, at::cat(numbers, 0)}, 1);
  return conditioning;
}

}  // namespace darkroom::train
