// (IA)^3: every row or every column of the weight gets a factor (Liu et al., arXiv 2205.05638).
#include "adapters/kinds/formulas.h"

namespace darkroom::adapters {

Tensor ia3_delta(const Given& given) {
  std::vector<int64_t> shape(size_t(given.weight.dim()), 1);
  shape[scalar(given.factors, "on_input") != 0 ? 1 : 0] = -1;
  return given.weight * (given["weight"] * given.scale).reshape(shape);
}

}  // namespace darkroom::adapters
