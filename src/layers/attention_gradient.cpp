#include "layers/attention_gradient.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "layers/bf16_attention.h"
#include "layers/bf16_attention_gradient.h"
#include "layers/flash_attention.h"
#include "layers/heads.h"
#include "layers/kernels/attention_gradient_kernel.h"

namespace darkroom::layers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kWorthwhile = int64_t(4) << 20;  // scores, 16 MiB: below, keeping them is faster than many products
constexpr int64_t kMostKeys = int64_t(16) << 10;   // of the kernel, which keeps 128 bytes for each on a thread
constexpr int64_t kAtOnce = int64_t(8) << 20;      // scores recomputed at a time, 32 MiB

bool can_attend_backwards(const Tensor& q, const Tensor& k, int64_t heads) {
  return k.size(1) <= kMostKeys && q.size(2) / heads % attention_gradient_lanes() == 0;
}

/// Gradients of q, k, v [B, T, heads * d] from g, the result's: a head after another, on all threads.
variable_list gradients_by_head(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& g, int64_t heads) {
  const int64_t batch = q.size(0), queries = q.size(1), width = q.size(2), keys = k.size(1), depth = width / heads;
  const Tensor qs = q.contiguous(), gs = g.contiguous();
  const Tensor ks = split_heads(k, heads).contiguous(), vs = split_heads(v, heads).contiguous();
  const Tensor dq = at::empty_like(qs), dk = at::zeros_like(ks), dv = at::zeros_like(vs);
  const AttentionHeadGradients all{.query = qs.data_ptr<float>(),
                                   .key = ks.data_ptr<float>(),
                                   .value = vs.data_ptr<float>(),
                                   .result_gradient = gs.data_ptr<float>(),
                                   .query_gradient = dq.data_ptr<float>(),
                                   .key_gradient = dk.data_ptr<float>(),
                                   .value_gradient = dv.data_ptr<float>(),
                                   .queries = queries,
                                   .keys = keys,
                                   .depth = depth,
                                   .stride = width,
                                   .scale = float(1.0 / std::sqrt(double(depth)))};
  at::parallel_for(0, batch * heads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      AttentionHeadGradients one = all;
      const int64_t place = i / heads * queries * width + i % heads * depth, row = i * keys * depth;
      one.query += place, one.result_gradient += place, one.query_gradient += place;
      one.key += row, one.value += row, one.key_gradient += row, one.value_gradient += row;
      attend_backwards(one);
    }
  });
  return {dq, joined_heads(dk, heads), joined_heads(dv, heads), Tensor()};
}

/// The same where no kernel of ours does it, some queries at a time. `out` is what the attention answered.
variable_list gradients_by_rows(const variable_list& saved, const Tensor& g_joined, int64_t heads) {
  const Tensor q = split_heads(saved[0], heads), k = split_heads(saved[1], heads), v = split_heads(saved[2], heads);
  const Tensor out = split_heads(saved[3], heads), g = split_heads(g_joined, heads);
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

struct RecomputedAttention : torch::autograd::Function<RecomputedAttention> {
  static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
    context->saved_data["heads"] = heads;
    const Tensor exponents = can_flash(q, k, v) ? Tensor() : at::empty({q.size(0), heads, q.size(1)}, at::kFloat);
    const Tensor out =
        exponents.defined() ? bf16_attention(q, k, v, heads, exponents) : flash_attention(q, k, v, heads);
    context->save_for_backward({q, k, v, out, exponents});
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const int64_t heads = context->saved_data["heads"].toInt();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &g = gradients[0];
    if (saved[4].defined()) {
      const auto found = bf16_attention_gradients(q, k, v, saved[3], saved[4], g, heads);
      return {found[0], found[1], found[2], Tensor()};
    }
    return can_attend_backwards(q, k, heads) ? gradients_by_head(q, k, v, g, heads)
                                             : gradients_by_rows(saved, g, heads);
  }
};

}  // namespace

bool recomputes_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
  if (can_use_bf16_attention(q, k, v, heads)) return true;
  return can_flash(q, k, v) &&
         (can_attend_backwards(q, k, heads) || q.size(0) * heads * q.size(1) * k.size(1) >= kWorthwhile);
}

Tensor attention_with_gradient(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
  return RecomputedAttention::apply(q, k, v, heads);
}

}  // namespace darkroom::layers
