// Captions as token ids.
#pragma once

#include <string>
#include <vector>

#include "base/tensor.h"
#include "prompt/tokenizer.h"

namespace darkroom::train {

/// start, the caption's tokens, end, and the end token again up to `length`: [B, length] int64. Longer captions are
/// cut.
Tensor caption_ids(const prompt::Tokenizer& tokenizer, const std::vector<std::string>& captions, int64_t length);

}  // namespace darkroom::train
