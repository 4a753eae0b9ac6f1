#include "train/captions.h"

#include <algorithm>

namespace darkroom::train {

Tensor caption_ids(const prompt::Tokenizer& tokenizer, const std::vector<std::string>& captions, int64_t length) {
  const Tensor ids = at::full({int64_t(captions.size()), length}, tokenizer.eos(), at::kLong);
  auto cell = ids.accessor<int64_t, 2>();
  for (int64_t row = 0; row < ids.size(0); ++row) {
    const std::vector<int> tokens = tokenizer.encode(captions[row]);
    cell[row][0] = tokenizer.bos();
    const int64_t kept = std::min<int64_t>(int64_t(tokens.size()), length - 2);
    for (int64_t i = 0; i < kept; ++i) cell[row][i + 1] = tokens[i];
  }
  return ids;
}

}  // namespace darkroom::train
