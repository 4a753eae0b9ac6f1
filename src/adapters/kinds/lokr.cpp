// LoKr: the Kronecker product of two matrices, each whole or a product of two thin ones (LyCORIS, arXiv 2309.14859).
#include "adapters/kinds/formulas.h"

namespace darkroom::adapters {

Tensor tucker(const Tensor& core, const Tensor& a, const Tensor& b) {
  const int64_t p = core.size(0), q = core.size(1), out = a.size(1), in = b.size(1);
  const Tensor kernel = core.reshape({p, q, -1});                                        // [p, q, k]
  const Tensor left = at::matmul(a.t(), kernel.reshape({p, -1})).reshape({out, q, -1});  // [out, q, k]
  return at::matmul(b.t(), left).reshape({out, in, -1});                                 // [in, q] times [out, q, k]
}

Tensor lokr_delta(const Given& given) {
  const Tensor w1 =
      given.has("lokr_w1") ? given.matrix("lokr_w1") : at::matmul(given.matrix("lokr_w1_a"), given.matrix("lokr_w1_b"));
  Tensor w2;  // [o2, i2] or, for kernels, [o2, i2, k * k]
  if (given.has("lokr_w2")) {
    w2 = given["lokr_w2"];
    if (w2.dim() > 2) w2 = w2.flatten(2);
  } else if (given.has("lokr_t2")) {
    w2 = tucker(given["lokr_t2"], given.matrix("lokr_w2_a"), given.matrix("lokr_w2_b"));
  } else {
    w2 = at::matmul(given.matrix("lokr_w2_a"), given.matrix("lokr_w2_b"));  // in * k * k as one: the order is the same
  }
  return at::kron(w2.dim() == 3 ? (w1 * given.scale).unsqueeze(2) : w1 * given.scale, w2.contiguous());
}

}  // namespace darkroom::adapters
