// AdamW whose moments are kept in 8 bits (Dettmers et al. 2021, arXiv 2110.02861): codes into a fixed map of 256
// values, and one scale per block of 256. The arithmetic of bitsandbytes' AdamW8bit; a quarter of AdamW's memory.
#include <algorithm>
#include <array>
#include <cmath>

#include "train/optimizer_arguments.h"
#include "train/optimizers/moments.h"

namespace darkroom::train {
namespace {

constexpr int64_t kBlock = 256;      // values that share a scale
constexpr int64_t kSmallest = 4096;  // parameters with fewer values keep their moments in fp32

using Map = std::array<float, 256>;

/// Dense where moments are many: each power of ten from 1e-7 to 1 is cut into twice as many parts as the one below.
Map dynamic_map(bool is_signed) {
  std::vector<double> values = {0, 1};
  for (int decade = 0; decade < 7; ++decade) {
    const int parts = 1 << (decade + (is_signed ? 0 : 1));
    for (int i = 0; i < parts; ++i) {
      const double value = (0.1 + 0.9 * (i + 0.5) / parts) * std::pow(10.0, decade - 6);
      values.push_back(value);
      if (is_signed) values.push_back(-value);
    }
  }
  std::sort(values.begin(), values.end());
  TORCH_CHECK(values.size() == 256, "a map of 8 bits has 256 values, found ", values.size());
  Map map;
  std::copy(values.begin(), values.end(), map.begin());
  return map;
}

uint8_t nearest(const Map& map, float value) {
  const auto above = std::lower_bound(map.begin(), map.end(), value);
  if (above == map.begin()) return 0;
  if (above == map.end()) return 255;
  const auto below = above - 1;
  return uint8_t((value - *below <= *above - value ? below : above) - map.begin());
}

/// Moments of one parameter: 8 bits and scales, or fp32 where it is small.
struct Moment {
  Tensor codes;   ///< [n] uint8; undefined where fp32
  Tensor scales;  ///< [ceil(n / 256)] float
  Tensor values;  ///< [n] float; undefined where 8 bits
};

Moment zero_moment(const Tensor& parameter, const Map& map) {
  const int64_t n = parameter.numel();
  if (n < kSmallest) return {{}, {}, at::zeros({n}, at::kFloat)};
  return {at::full({n}, int64_t(nearest(map, 0)), at::kByte), at::zeros({(n + kBlock - 1) / kBlock}, at::kFloat), {}};
}

class AdamW8bit : public Optimizer {
 public:
  AdamW8bit(OptimizerArguments arguments, NamedTensors parameters)
      : betas_(arguments.numbers("betas", {0.9, 0.999})),
        eps_(arguments.number("eps", 1e-8)),
        weight_decay_(arguments.number("weight_decay", 0.01)),
        parameters_(std::move(parameters)),
        steps_(at::zeros({int64_t(parameters_.size())}, at::kDouble)) {
    arguments.refuse_others();
    for (const auto& [name, parameter] : parameters_) {
      first_.push_back(zero_moment(parameter, signed_));
      second_.push_back(zero_moment(parameter, unsigned_));
    }
  }

  void step(double learning_rate) override {
    NoGrad guard;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      Tensor& p = parameters_[i].second;
      if (!p.grad().defined()) continue;
      steps_.data_ptr<double>()[i] += 1;
      Tensor values = p.detach().to(at::kFloat).contiguous().flatten();
      const Tensor g = p.grad().to(at::kFloat).contiguous().flatten();
      for (int64_t begin = 0; begin < g.numel(); begin += kBlock)
        step_block(i, begin, std::min(g.numel(), begin + kBlock), g.data_ptr<float>(), values.data_ptr<float>(),
                   learning_rate);
      p.copy_(values.mul_(1 - learning_rate * weight_decay_).view(p.sizes()));  // after the step, unlike AdamW
    }
  }

  NamedTensors state() override {
    NamedTensors all = {{"steps", steps_}};
    for (size_t i = 0; i < parameters_.size(); ++i) {
      append(all, "exp_avg", parameters_[i].first, first_[i]);
      append(all, "exp_avg_sq", parameters_[i].first, second_[i]);
    }
    return all;
  }

 private:
  using Block = std::array<float, kBlock>;

  static void append(NamedTensors& all, const std::string& what, const std::string& name, const Moment& moment) {
    if (moment.values.defined()) {
      all.emplace_back(what + "." + name, moment.values);
    } else {
      all.emplace_back(what + "_codes." + name, moment.codes);
      all.emplace_back(what + "_scales." + name, moment.scales);
    }
  }

  static void read(const Moment& moment, const Map& map, int64_t begin, int64_t end, Block& out) {
    for (int64_t j = begin; j < end; ++j)
      out[j - begin] = moment.values.defined()
                           ? moment.values.data_ptr<float>()[j]
                           : map[moment.codes.data_ptr<uint8_t>()[j]] * moment.scales.data_ptr<float>()[j / kBlock];
  }

  static void write(Moment& moment, const Map& map, int64_t begin, int64_t end, const Block& block) {
    if (moment.values.defined()) {
      std::copy_n(block.begin(), end - begin, moment.values.data_ptr<float>() + begin);
      return;
    }
    float most = 0;
    for (int64_t j = 0; j < end - begin; ++j) most = std::max(most, std::abs(block[j]));
    moment.scales.data_ptr<float>()[begin / kBlock] = most;
    for (int64_t j = 0; j < end - begin; ++j) {
      int code = nearest(map, most > 0 ? block[j] / most : 0);
      // A moment never changes its sign by rounding; so a small negative one never becomes 0.
      if (std::signbit(map[code]) != std::signbit(block[j]) && block[j] != 0) code += block[j] > 0 ? 1 : -1;
      moment.codes.data_ptr<uint8_t>()[begin + j] = uint8_t(std::clamp(code, 0, 255));
    }
  }

  void step_block(size_t i, int64_t begin, int64_t end, const float* g, float* p, double learning_rate) {
    const double t = steps_.data_ptr<double>()[i];
    const double root = std::sqrt(1 - std::pow(betas_[1], t));
    const double rate = learning_rate * bias_correction(betas_, t);
    const float b1 = float(betas_[0]), b2 = float(betas_[1]);
    Block m, v;
    read(first_[i], signed_, begin, end, m);
    read(second_[i], unsigned_, begin, end, v);
    for (int64_t j = begin; j < end; ++j) {
      float &mj = m[j - begin], &vj = v[j - begin];
      if (!std::isfinite(g[j])) {
        mj = vj = 0;
        continue;
      }
      mj = b1 * mj + (1 - b1) * g[j];
      vj = b2 * vj + (1 - b2) * g[j] * g[j];
      p[j] -= float(rate) * mj / (std::sqrt(vj) + float(eps_ * root));
    }
    write(first_[i], signed_, begin, end, m);
    write(second_[i], unsigned_, begin, end, v);
  }

  const Map signed_ = dynamic_map(true), unsigned_ = dynamic_map(false);
  std::vector<double> betas_;
  double eps_, weight_decay_;
  NamedTensors parameters_;
  std::vector<Moment> first_, second_;
  Tensor steps_;  // [parameters] double
};

}  // namespace

std::unique_ptr<Optimizer> make_adamw_8bit(const RunConfig& config, NamedTensors parameters) {
  return std::make_unique<AdamW8bit>(OptimizerArguments("AdamW8bit", config.optimizer_args), std::move(parameters));
}

}  // namespace darkroom::train
