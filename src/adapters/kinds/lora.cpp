// LoRA (Hu et al., arXiv 2106.09685) for matrices; LoCon for kernels, also in its CP form with a middle tensor.
#include "adapters/kinds/formulas.h"

namespace darkroom::adapters {

Tensor lora_delta(const Given& given) {
  Tensor up = given.matrix("lora_up.weight"), down = given.matrix("lora_down.weight");
  if (given.has("lora_mid.weight")) {
    const Tensor mid = given["lora_mid.weight"];
    return tucker(mid, up.t() * given.scale, down);
  }
  // Parity: the limit cuts plain LoRA alone, and alpha is still divided by the file's rank.
  const int64_t rank = down.size(0);
  if (given.rank_limit > 0 && given.rank_limit < rank) {
    up = up.narrow(1, 0, given.rank_limit);
    down = down.narrow(0, 0, given.rank_limit);
  }
  return at::matmul(up * given.scale, down);
}

}  // namespace darkroom::adapters
