// The change of a normalisation's weight (and bias, see delta.cpp).
#include "adapters/kinds/formulas.h"

namespace darkroom::adapters {

Tensor norm_delta(const Given& given) {
  return given["w_norm"] * given.scale;
}

}  // namespace darkroom::adapters
