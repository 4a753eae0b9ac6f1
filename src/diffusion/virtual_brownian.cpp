#include "diffusion/virtual_brownian.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "diffusion/normal_quantile.h"
#include "diffusion/wide.h"

namespace darkroom::diffusion {
namespace {

constexpr double kLowest = -12, kHighest = 12;  // of ln(sigma): any model's levels, zero terminal SNR included
constexpr std::uint32_t kDepth = 25, kPoints = 1u << kDepth;
constexpr std::int64_t kShare = 512;           // elements of a piece
constexpr std::uint32_t kStream = 0x6b617a75;  // tells these numbers from others drawn with the same seed

std::uint32_t lattice_point(double sigma) {
  const double place = (std::log(sigma) - kLowest) / (kHighest - kLowest) * kPoints;
  return std::uint32_t(std::clamp(std::round(place), 0.0, double(kPoints)));
}

/// The normal numbers of one node: four elements from each counter.
std::vector<float> node_normals(std::uint64_t seed, std::uint32_t index, std::uint32_t depth, std::int64_t first,
                                std::int64_t elements) {
  std::vector<std::uint32_t> words(size_t(elements + 3) / 4 * 4);
  philox_run({std::uint32_t(first / 4), index, depth, kStream}, seed, std::int64_t(words.size()) / 4, words.data());
  std::vector<float> values(elements);
  normal_quantiles(words.data(), elements, values.data());
  return values;
}

/// w = left * begin + right * end + deviation * w
DARKROOM_WIDE void bend(std::int64_t count, double left, const float* begin, double right, const float* end,
                        double deviation, float* w) {
  for (std::int64_t i = 0; i < count; ++i) w[i] = float(left * begin[i] + right * end[i] + deviation * w[i]);
}

}  // namespace

VirtualBrownianPath::VirtualBrownianPath(std::uint64_t seed, std::int64_t elements, double eta,
                                         std::int64_t first_element)
    : seed_(seed), elements_(elements), first_element_(first_element), eta_(eta) {
  require(eta > 0 && eta <= 4, ErrorKind::internal, "make a Brownian path: eta must be above 0 and at most 4, is {}",
          eta);
  // 0 at the end where the clock stands nearly still: increments there would drown in a large value.
  Node root{0, kPoints, node_normals(seed, 0, 0, first_element, elements), std::vector<float>(elements)};
  const double length = std::sqrt(time(kPoints) - time(0));
  for (float& w : root.w_begin) w = float(-w * length);
  nodes_.push_back(std::move(root));
}

double VirtualBrownianPath::time(std::uint32_t point) const {
  const double log_sigma = kLowest + (kHighest - kLowest) * point / kPoints;
  return -std::expm1(-2 * eta_ * log_sigma) / (2 * eta_);
}

/// Gaussian around the straight line between the node's ends. Weights in float64, and two of them: the difference of
/// two large values would lose what counts.
std::vector<float> VirtualBrownianPath::bridge(const Node& node, std::uint32_t middle, std::uint32_t depth) const {
  const double a = time(node.begin), m = time(middle), b = time(node.end);
  const double left = (b - m) / (b - a), right = (m - a) / (b - a), deviation = std::sqrt((b - m) * right);
  std::vector<float> w = node_normals(seed_, middle, depth, first_element_, elements_);
  bend(elements_, left, node.w_begin.data(), right, node.w_end.data(), deviation, w.data());
  return w;
}

std::vector<float> VirtualBrownianPath::value(std::uint32_t point) {
  for (const auto& [known, w] : recent_)
    if (known == point) return w;
  recent_[oldest_] = {point, found(point)};
  return recent_[std::exchange(oldest_, (oldest_ + 1) % recent_.size())].second;
}

std::vector<float> VirtualBrownianPath::found(std::uint32_t point) {
  while (nodes_.back().begin > point || nodes_.back().end < point) nodes_.pop_back();
  while (true) {
    const Node& node = nodes_.back();
    if (point == node.begin) return node.w_begin;
    if (point == node.end) return node.w_end;
    const std::uint32_t middle = node.begin + (node.end - node.begin) / 2;
    std::vector<float> w = bridge(node, middle, std::uint32_t(nodes_.size()));
    if (point < middle)
      nodes_.push_back({node.begin, middle, node.w_begin, std::move(w)});
    else
      nodes_.push_back({middle, node.end, std::move(w), node.w_end});
  }
}

std::vector<float> VirtualBrownianPath::increment(double sigma, double next) {
  std::uint32_t from = lattice_point(std::max(sigma, next)), to = lattice_point(std::min(sigma, next));
  if (from == to) from < kPoints ? ++from : --to;
  std::vector<float> w = value(from);
  const std::vector<float> w_to = value(to);
  const double length = std::sqrt(time(from) - time(to));
  for (std::int64_t i = 0; i < elements_; ++i) w[i] = float((double(w[i]) - w_to[i]) / length);
  return w;
}

VirtualBrownianNoise::VirtualBrownianNoise(const std::vector<std::uint64_t>& seeds, std::vector<std::int64_t> shape,
                                           double eta)
    : batch_shape_(std::move(shape)) {
  std::int64_t elements = 1;
  for (const std::int64_t side : batch_shape_) elements *= side;
  batch_shape_.insert(batch_shape_.begin(), std::int64_t(seeds.size()));
  for (size_t image = 0; image < seeds.size(); ++image) {
    for (std::int64_t first = 0; first < elements; first += kShare)
      shares_.push_back({std::int64_t(image) * elements + first,
                         VirtualBrownianPath(seeds[image], std::min(kShare, elements - first), eta, first)});
  }
}

NoiseSource VirtualBrownianNoise::source() {
  return [this](double sigma, double next) {
    const Tensor noise = at::empty(batch_shape_);
    float* values = noise.data_ptr<float>();
    at::parallel_for(0, std::int64_t(shares_.size()), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::vector<float> increment = shares_[i].path.increment(sigma, next);
        std::copy(increment.begin(), increment.end(), values + shares_[i].place);
      }
    });
    return noise;
  };
}

}  // namespace darkroom::diffusion
