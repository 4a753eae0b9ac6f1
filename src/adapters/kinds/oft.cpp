// OFT: blocks of outputs are rotated (Qiu et al., arXiv 2306.07280). BOFT: in several stages, each of which pairs
// outputs further apart, like the butterflies of a Fourier transform (Liu et al., arXiv 2311.06243).
#include "adapters/kinds/formulas.h"

namespace darkroom::adapters {
namespace {

/// R = (I + Q)(I - Q)^-1 with Q = B - Bᵀ, which is a rotation; Q is shortened to the file's limit.
Tensor rotations(const Given& given) {
  if (!given.has("oft_blocks")) return given["oft_diag"];
  const Tensor blocks = given["oft_blocks"];
  Tensor q = blocks - blocks.transpose(-1, -2);
  const double limit = given.has("alpha") ? scalar(given.factors, "alpha") * double(given.weight.size(0)) : 0;
  if (limit != 0) {
    const Tensor norm = q.norm();  // of all blocks together
    q = q * ((norm.clamp_max(limit) + 1e-8) / (norm + 1e-8));
  }
  const Tensor one = at::eye(blocks.size(-1), blocks.options());
  return at::matmul(one + q, (one - q).inverse());
}

/// Stage by stage: outputs [c, 2, half] are read as [c, half, 2], rotated in blocks, and put back.
Tensor butterfly(Tensor rows, const Tensor& stages) {
  const int64_t out = rows.size(0), n = rows.size(1), block = stages.size(-1);
  for (int64_t i = 0, half = block / 2; i < stages.size(0); ++i, half *= 2) {
    rows = rows.reshape({-1, 2, half, n}).transpose(1, 2).reshape({-1, block, n});
    rows = at::matmul(stages[i], rows);
    rows = rows.reshape({-1, half, 2, n}).transpose(1, 2).reshape({out, n});
  }
  return rows;
}

}  // namespace

Tensor oft_delta(const Given& given) {
  const Tensor weight = given.weight.flatten(1);
  const Tensor r = rotations(given);
  // Parity: OFT's rotations are transposed, BOFT's are not.
  Tensor turned =
      r.dim() == 4 ? butterfly(weight, r) : at::matmul(r.transpose(-1, -2), weight.reshape({r.size(0), r.size(1), -1}));
  turned = turned.reshape(weight.sizes());
  if (given.has("rescale")) turned = turned * given["rescale"].reshape({-1, 1});
  return (turned - weight) * given.scale;
}

}  // namespace darkroom::adapters
