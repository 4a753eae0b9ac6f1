#include "layers/attention_gradient.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "layers/flash_attention.h"
#include "layers/heads.h"

namespace darkroom::layers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kWorthwhile = int64_t(4) << 20;  // scores, 16 MiB: below, keeping them is faster
constexpr int64_t kAtOnce = int64_t(8) << 20;      // scores recomputed at a time, 32 MiB

struct RecomputedAttention : torch::autograd::Function<RecomputedAttention> {
  static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
    const Tensor out = flash_attention(q, k, v, heads);
    context->save_for_backward({q, k, v, out});
    context->saved_data["heads"] = heads;
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const int64_t heads = context->saved_data["heads"].toInt();
    const Tensor q = split_heads(saved[0], heads), k = split_heads(saved[1], heads), v = split_heads(saved[2], heads);
    const Tensor out = split_heads(saved[3], heads), g = split_heads(gradients[0], heads);
    const double scale = 1.0 / std::sqrt(double(q.size(2)));
    // What every weight's gradient has in common in a row of the softmax.
    const Tensor shared = (g * out).sum(-1, /*keepdim=*/true);
    const Tensor dq = at::empty_like(q), dk = at::zeros_like(k), dv = at::zeros_like(v);
    const int64_t rows = std::max<int64_t>(1, kAtOnce / (q.size(0) * k.size(1)));
    for (int64_t first = 0; first < q.size(1); first += rows) {
      const int64_t n = std::min(rows, q.size(1) - first);
      const Tensor some_q = q.narrow(1, first, n), some_g = g.narrow(1, first, n);
      const Tensor weights = at::softmax(at::bmm(some_q, k.transpose(1, 2)).mul_(scale), -1);
      dv.baddbmm_(weights.transpose(1, 2), some_g);
      const Tensor scores_gradient = at::bmm(some_g, v.transpose(1, 2)).sub_(shared.narrow(1, first, n)).mul_(weights);
      dq.narrow(1, first, n).copy_(at::bmm(scores_gradient, k).mul_(scale));
      dk.baddbmm_(scores_gradient.transpose(1, 2), some_q, 1, scale);
    }
    return {joined_heads(dq, heads), joined_heads(dk, heads), joined_heads(dv, heads), Tensor()};
  }
};

}  // namespace

bool is_worth_recomputing(const Tensor& q, const Tensor& k, int64_t heads) {
  return q.size(0) * heads * q.size(1) * k.size(1) >= kWorthwhile;
}

Tensor attention_with_gradient(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
  return RecomputedAttention::apply(q, k, v, heads);
}

}  // namespace darkroom::layers
