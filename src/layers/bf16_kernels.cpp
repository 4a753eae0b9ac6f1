#include "layers/bf16_kernels.h"

#include "layers/kernels/bf16_product_kernel.h"

namespace darkroom::layers {
namespace {

bool emulates = false;

}  // namespace

bool has_bf16_kernels() {
  return can_run_pair_products() && (emulates || has_pair_products());
}

void emulate_bf16_kernels(bool on) {
  emulates = on;
}

}  // namespace darkroom::layers
