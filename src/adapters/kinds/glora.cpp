// GLoRA: a low-rank change plus a low-rank multiple of the weight (Chavan et al., arXiv 2306.07967).
#include "adapters/kinds/formulas.h"

namespace darkroom::adapters {

Tensor glora_delta(const Given& given) {
  const Tensor weight = given.weight.flatten(1);
  const Tensor added = at::matmul(given.matrix("b2.weight"), given.matrix("b1.weight"));
  const Tensor multiple = at::matmul(at::matmul(weight, given.matrix("a2.weight")), given.matrix("a1.weight"));
  return (added + multiple) * given.scale;
}

}  // namespace darkroom::adapters
