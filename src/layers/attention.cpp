#include "layers/attention.h"

#include <ATen/autocast_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "layers/attention_gradient.h"
#include "layers/bf16_attention.h"
#include "layers/fast_paths.h"
#include "layers/flash_attention.h"
#include "layers/heads.h"
#include "layers/work.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kMaxScores = int64_t(64) << 20;  // elements held at a time, 256 MiB in fp32

Tensor weighted_values(const Tensor& q, const Tensor& k, const Tensor& v, bool causal) {  // [N, Tq, d], [N, Tk, d]
  // A score of 16 that is rounded to bf16 moves its weight by 6 %. Accelerators keep scores in fp32 by themselves.
  if (q.scalar_type() == at::kBFloat16 && q.device().is_cpu() && !at::autocast::is_cpu_enabled())
    return weighted_values(q.to(at::kFloat), k.to(at::kFloat), v.to(at::kFloat), causal).to(at::kBFloat16);
  Tensor scores = at::bmm(q, k.transpose(1, 2));
  if (causal) {
    const Tensor hidden = at::full({q.size(1), k.size(1)}, -std::numeric_limits<float>::infinity(), scores.options());
    scores = scores + hidden.triu(1);
  }
  return at::bmm(at::softmax(scores, -1), v);
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads, bool causal) {
  TORCH_CHECK(q.size(2) % heads == 0, "attention: width ", q.size(2), " must be a multiple of ", heads, " heads");
  if (is_watched()) return watched(attention_work(q, k, heads), [&] { return attention(q, k, v, heads, causal); });
  if (fast_paths() && !at::GradMode::is_enabled() && !causal && can_flash(q, k, v))
    return flash_attention(q, k, v, heads);
  if (fast_paths() && !at::GradMode::is_enabled() && !causal && can_use_bf16_attention(q, k, v, heads))
    return bf16_attention(q, k, v, heads);
  if (fast_paths() && at::GradMode::is_enabled() && !causal && recomputes_attention(q, k, v, heads))
    return attention_with_gradient(q, k, v, heads);
  const int64_t queries = q.size(1), width = q.size(2);
  const Tensor qs = split_heads(q, heads) * (1.0 / std::sqrt(double(width / heads)));
  const Tensor ks = split_heads(k, heads), vs = split_heads(v, heads);

  Tensor out;
  const int64_t per_slice = std::max<int64_t>(1, kMaxScores / (queries * k.size(1)));
  if (at::GradMode::is_enabled() || per_slice >= qs.size(0)) {
    out = weighted_values(qs, ks, vs, causal);
  } else {
    std::vector<Tensor> slices;
    for (int64_t first = 0; first < qs.size(0); first += per_slice) {
      const int64_t n = std::min(per_slice, qs.size(0) - first);
      slices.push_back(weighted_values(qs.narrow(0, first, n), ks.narrow(0, first, n), vs.narrow(0, first, n), causal));
    }
    out = at::cat(slices, 0);
  }
  return joined_heads(out, heads);
}

}  // namespace darkroom::layers
