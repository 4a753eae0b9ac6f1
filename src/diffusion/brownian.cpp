#include "diffusion/brownian.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "base/error.h"
#include "diffusion/seed_sequence.h"

namespace darkroom::diffusion {
namespace {

/// Python's round(x, 6): to the nearest number of six decimals as x's exact binary value lies. Arithmetic rounding
/// would take every second midpoint the other way.
double rounded(double x) {
  const std::string text = fmt::format("{:.6f}", x);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

struct BrownianPath::Node {
  double start, end;
  std::uint32_t key;  // path from the root: 2 key for the left half, 2 key + 1 for the right
  std::uint32_t depth;
  Tensor w;  // W(end) - W(start)
  std::unique_ptr<Node> left = nullptr, right = nullptr;
};

BrownianPath::BrownianPath(std::uint64_t seed, std::vector<std::int64_t> shape, double start, double end,
                           RandomSource source)
    : seed_(seed), shape_(std::move(shape)), source_(source) {
  require(start < end, ErrorKind::internal, "make a Brownian path: it must start below its end, but {} to {} was asked",
          start, end);
  const Tensor w = draw(seed_sequence(seed)) * std::sqrt(end - start);
  root_ = std::make_unique<Node>(Node{rounded(start), rounded(end), 0, 0, w});
}

BrownianPath::~BrownianPath() = default;
BrownianPath::BrownianPath(BrownianPath&&) noexcept = default;

Tensor BrownianPath::increment(double a, double b) {
  const auto inside = [&](double time) { return rounded(std::clamp(time, root_->start, root_->end)); };
  const double from = inside(a), to = inside(b);
  Tensor sum;
  if (from < to) add_covering(*root_, from, to, sum);
  return sum.defined() ? sum : at::zeros(shape_);
}

void BrownianPath::forget_above(double time) {
  const std::function<void(Node&)> forget = [&](Node& node) {
    if (node.start >= time) node.left.reset(), node.right.reset();
    if (node.left) forget(*node.left), forget(*node.right);
  };
  forget(*root_);
}

Tensor BrownianPath::draw(std::uint32_t seed) const {
  return RandomGenerator(source_, seed).randn(shape_);
}

/// The middle is Gaussian around the straight line between the ends (the Brownian bridge).
void BrownianPath::split(Node& node) const {
  const double middle = rounded(0.5 * (node.start + node.end));
  const double before = middle - node.start, after = node.end - middle, length = node.end - node.start;
  const Tensor noise = draw(seed_sequence(seed_, {node.key, node.depth}));
  const Tensor w_left = node.w * (before / length) + noise * std::sqrt(before * after / length);
  node.left = std::make_unique<Node>(Node{node.start, middle, 2 * node.key, node.depth + 1, w_left});
  node.right = std::make_unique<Node>(Node{middle, node.end, 2 * node.key + 1, node.depth + 1, node.w - w_left});
}

/// Adds the increments of the largest nodes that make up [a, b], from left to right. Requires: both lie in the node.
void BrownianPath::add_covering(Node& node, double a, double b, Tensor& sum) const {
  if (a >= b) return;
  if (a == node.start && b == node.end) {
    sum = sum.defined() ? sum + node.w : node.w;
    return;
  }
  if (!node.left) split(node);
  const double middle = node.left->end;
  add_covering(*node.left, a, std::min(b, middle), sum);
  add_covering(*node.right, std::max(a, middle), b, sum);
}

BrownianNoise::BrownianNoise(const std::vector<std::uint64_t>& seeds, const std::vector<std::int64_t>& shape,
                             const Sigmas& sigmas, RandomSource source) {
  require(sigmas.size() >= 2, ErrorKind::internal, "make the noise of a batch: there must be levels to go through");
  // A single level has no length; any will do, for it is never asked.
  const double lowest = lowest_level(sigmas) < sigmas.front() ? lowest_level(sigmas) : sigmas.front() / 2;
  for (const std::uint64_t seed : seeds) paths_.emplace_back(seed, shape, lowest, sigmas.front(), source);
}

NoiseSource BrownianNoise::source() {
  return [this](double sigma, double next) {
    // Parity: the length is that of the float32 levels before they are rounded to the tree's six decimals.
    const float length = std::abs(float(sigma) - float(next));
    const float sign = sigma > next ? -1.0f : 1.0f;
    std::vector<Tensor> images;
    for (BrownianPath& path : paths_) {
      images.push_back(path.increment(std::min(sigma, next), std::max(sigma, next)) * sign / std::sqrt(length));
      path.forget_above(std::max(sigma, next));
    }
    return at::stack(images);
  };
}

}  // namespace darkroom::diffusion
