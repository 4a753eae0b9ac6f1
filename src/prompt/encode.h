// Prompts -> what the UNet is told.
// Source of truth: AUTOMATIC1111 modules/sd_hijack_clip.py, sd_hijack_open_clip.py, sd_emphasis.py, sd_models_xl.py.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "models/clip_text.h"
#include "models/conditioning.h"
#include "prompt/embedding_words.h"
#include "prompt/emphasis.h"
#include "prompt/tokenizer.h"

namespace darkroom::prompt {

/// One text encoder and how it is read. Both pointers must outlive it.
struct TextEncoder {
  const models::ClipText* network = nullptr;
  const Tokenizer* tokenizer = nullptr;    ///< with at most as many tokens as the network has rows
  int pad = 0;                             ///< id that fills a chunk after its end token
  int64_t skipped = 0;                     ///< layers at the end that are not read: A1111's CLIP skip - 1
  bool final_norm = true;                  ///< whether the state read goes through the last layer's norm
  EmbeddingFinder embedding_at = nullptr;  ///< words that stand for vectors; none finds nothing
  std::function<Tensor(int embedding)> vectors_of = nullptr;  ///< theirs, [n, width]
  bool has_pooled = false;  ///< whether the first chunk's pooled text is wanted (SDXL's second encoder)
};

/// The whole prompt of any length: context [1, 77·n, C], encoders side by side along C; vector [1, P] = the pooled text
/// where an encoder has it, else undefined. Each chunk of 75 tokens is encoded by itself; words in brackets are
/// multiplied by their weight, then, with the original emphasis, the chunk by what brings its mean back.
/// `least_chunks`: shorter prompts are followed by empty chunks.
/// Throws Error{invalid_request} as parse_attention and chunk_tokens do.
models::Conditioning encode_prompt(const std::vector<TextEncoder>& encoders, std::string_view prompt,
                                   size_t least_chunks = 1, Emphasis emphasis = Emphasis::original);

/// A prompt, and how many chunks it has at least.
struct PromptText {
  std::string text;
  size_t least_chunks = 1;
};

/// encode_prompt() of each, the same numbers, in one pass through each encoder. Requires: at least one.
std::vector<models::Conditioning> encode_prompts(const std::vector<TextEncoder>& encoders,
                                                 const std::vector<PromptText>& prompts, Emphasis emphasis);

/// How many chunks of 75 tokens the first encoder makes of it.
size_t chunk_count(const std::vector<TextEncoder>& encoders, std::string_view prompt,
                   Emphasis emphasis = Emphasis::original);

/// states [N, T, C] of N chunks times weights [N, T]; each chunk's mean kept with the original emphasis.
Tensor with_emphasis(const Tensor& states, const Tensor& weights, Emphasis emphasis = Emphasis::original);

/// What SDXL is told of sizes, in pixels.
struct PictureSizes {
  int64_t original_height = 0, original_width = 0;
  int64_t crop_top = 0, crop_left = 0;
  int64_t target_height = 0, target_width = 0;
};

/// [1, 6·width]: the six numbers in the order above, each as a sinusoidal embedding.
Tensor size_vector(const PictureSizes& sizes, int64_t width);

}  // namespace darkroom::prompt
