// The change itself, as trainers of whole layers write it.
#include "adapters/kinds/formulas.h"

namespace darkroom::adapters {

Tensor full_delta(const Given& given) {
  return given["diff"] * given.scale;
}

}  // namespace darkroom::adapters
