#include "layers/work.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace darkroom::layers {
namespace {

std::optional<WorkWatch> current;
bool is_inside = false;  // of a work that has been told

int64_t product(const std::vector<int64_t>& sizes) {
  int64_t all = 1;
  for (const int64_t size : sizes) all *= size;
  return all;
}

/// Also when a layer throws.
struct Inside {
  Inside() { is_inside = true; }
  ~Inside() { is_inside = false; }
};

}  // namespace

WatchedWork::WatchedWork(WorkWatch watch) {
  TORCH_CHECK(!current, "one watch at a time is told of layers' work");
  current = std::move(watch);
}

WatchedWork::~WatchedWork() {
  current.reset();
}

bool is_watched() {
  return current && !is_inside;
}

Tensor watched(const Work& work, const Compute& compute) {
  const Inside inside;
  return current->on_work(work, compute);
}

void network_begins(const char* network) {
  if (current) current->on_network(network);
}

Work conv_work(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding) {
  const int64_t out = weight.size(0), in = weight.size(1), side = weight.size(2);
  const auto extent = [&](int64_t size) { return (size + 2 * padding - side) / stride + 1; };
  const std::vector<int64_t> answer = {x.size(0), out, extent(x.size(2)), extent(x.size(3))};
  return {WorkKind::conv, fmt::format("conv {}x{}{}", side, side, stride > 1 ? fmt::format(", stride {}", stride) : ""),
          product(answer) * in * side * side, x.numel() + product(answer) + weight.numel(), answer};
}

Work linear_work(const Tensor& x, const Tensor& weight) {
  std::vector<int64_t> answer = x.sizes().vec();
  answer.back() = weight.size(0);
  return {WorkKind::linear, "linear", product(answer) * weight.size(1), x.numel() + product(answer) + weight.numel(),
          answer};
}

Work geglu_linear_work(const Tensor& x, const Tensor& weight) {
  Work work = linear_work(x, weight);
  work.name = "linear with GEGLU";
  const int64_t outputs = product(work.answer);
  work.answer.back() /= 2;
  work.values -= outputs - product(work.answer);
  return work;
}

Work attention_work(const Tensor& q, const Tensor& k, int64_t heads) {
  const int64_t queries = q.size(1), keys = k.size(1);
  return {WorkKind::attention,
          fmt::format("{}-attention, depth {}, {} x {}", queries == keys ? "self" : "cross", q.size(2) / heads, queries,
                      keys),
          2 * q.numel() * keys,  // Q Kᵀ, and the scores times V
          2 * (q.numel() + k.numel()), q.sizes().vec()};
}

Work passing_work(WorkKind kind, const char* name, const Tensor& x, std::vector<int64_t> answer) {
  return {kind, name, 0, x.numel() + product(answer), answer};
}

}  // namespace darkroom::layers
