#include "layers/bf16_kernels.h"

#include "base/cpu.h"
#include "layers/kernels/bf16_product_kernel.h"
#include "layers/kernels/tile_product_kernel.h"

namespace darkroom::layers {
namespace {

Bf16Kernels used = Bf16Kernels::of_processor;

}  // namespace

bool has_bf16_kernels() {
  return can_run_pair_products() && (used != Bf16Kernels::of_processor || has_pair_products());
}

bool computes_in_tiles() {
  return used == Bf16Kernels::in_tiles || (used == Bf16Kernels::of_processor && cpu_has_amx_bf16());
}

void use_bf16_kernels(Bf16Kernels kind) {
  used = kind;
  emulate_tile_products(kind == Bf16Kernels::in_tiles && !cpu_has_amx_bf16());
}

}  // namespace darkroom::layers
