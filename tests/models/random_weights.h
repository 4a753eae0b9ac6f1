// Weights for tests of structure: any numbers will do, as long as they are the same every time.
#pragma once

#include "layers/module.h"

namespace darkroom::models {

inline void fill(layers::Module& module, std::uint64_t seed, double deviation) {
  at::manual_seed(seed);
  for (auto& [name, tensor] : module.named_parameters()) tensor->normal_(0, deviation);
}

}  // namespace darkroom::models
