#include "adapters/low_rank.h"

#include <algorithm>
#include <cmath>

#include "checkpoint/stored_tensors.h"

namespace darkroom::adapters {
namespace {

Tensor matrix(const AdapterModule& module, std::string_view name) {
  return checkpoint::tensor_view(module.factors.find(name)->second).to(at::kFloat).flatten(1);
}

/// How many singular values to keep; counts what that keeps.
int64_t kept_count(const Tensor& values, int64_t rank, double share, Kept& kept) {
  const Tensor squares = values.to(at::kDouble).square().contiguous();
  const double* square = squares.data_ptr<double>();
  const double all = squares.sum().item<double>();
  double sum = 0;
  int64_t count = 0;
  // One at least, so that the layer stays in the file.
  while (count < std::min<int64_t>(rank, squares.numel()) && (count == 0 || sum < share * share * all))
    sum += square[count++];
  kept.all += all;
  kept.kept += sum;
  return count;
}

}  // namespace

bool is_low_rank(const AdapterModule& module) {
  return module.kind == Kind::lora && !module.factors.contains("lora_mid.weight") &&
         !module.factors.contains("dora_scale");
}

LowRank low_rank_of(const AdapterModule& module, double weight) {
  const double scale = weight * own_scale(module.kind, module.factors), root = std::sqrt(std::abs(scale));
  return {matrix(module, "lora_up.weight") * (scale < 0 ? -root : root), matrix(module, "lora_down.weight") * root};
}

LowRank stacked(const std::vector<LowRank>& parts) {
  std::vector<Tensor> ups, downs;
  for (const LowRank& part : parts) {
    ups.push_back(part.up);
    downs.push_back(part.down);
  }
  return {at::cat(ups, 1), at::cat(downs, 0)};
}

LowRank truncated(const LowRank& whole, int64_t rank, double share, Kept& kept) {
  if (whole.rank() >= std::min(whole.up.size(0), whole.down.size(1)))
    return truncated(at::matmul(whole.up, whole.down), rank, share, kept);
  // The singular values of up * down are those of the small product of their triangles.
  const auto [q_up, r_up] = at::linalg_qr(whole.up);
  const auto [q_down, r_down] = at::linalg_qr(whole.down.t());
  const auto [u, s, vh] = at::linalg_svd(at::matmul(r_up, r_down.t()), /*full_matrices=*/false);
  const int64_t count = kept_count(s, rank, share, kept);
  return {at::matmul(q_up, u.narrow(1, 0, count) * s.narrow(0, 0, count)),
          at::matmul(vh.narrow(0, 0, count), q_down.t())};
}

LowRank truncated(const Tensor& matrix, int64_t rank, double share, Kept& kept) {
  const auto [u, s, vh] = at::linalg_svd(matrix, /*full_matrices=*/false);
  const int64_t count = kept_count(s, rank, share, kept);
  return {u.narrow(1, 0, count) * s.narrow(0, 0, count), vh.narrow(0, 0, count).contiguous()};
}

}  // namespace darkroom::adapters
