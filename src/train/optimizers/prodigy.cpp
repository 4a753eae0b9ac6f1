// Prodigy (Mishchenko & Defazio 2023, arXiv 2306.06101), as konstmish/prodigy 1.1.2: Adam that finds its own step size
// d. From the gradients it estimates how far the solution lies from where the run began; the learning rate stays 1.
#include <algorithm>
#include <cmath>
#include <limits>

#include "train/optimizer_arguments.h"
#include "train/optimizers/moments.h"

namespace darkroom::train {
namespace {

class Prodigy : public Optimizer {
 public:
  Prodigy(OptimizerArguments arguments, NamedTensors parameters)
      : betas_(arguments.numbers("betas", {0.9, 0.999})),
        beta3_(arguments.number("beta3", std::sqrt(betas_[1]))),
        eps_(arguments.number("eps", 1e-8)),
        weight_decay_(arguments.number("weight_decay", 0)),
        decouple_(arguments.truth("decouple", true)),
        use_bias_correction_(arguments.truth("use_bias_correction", false)),
        safeguard_warmup_(arguments.truth("safeguard_warmup", false)),
        d0_(arguments.number("d0", 1e-6)),
        d_coef_(arguments.number("d_coef", 1)),
        growth_rate_(arguments.number("growth_rate", std::numeric_limits<double>::infinity())),
        parameters_(std::move(parameters)),
        first_(zeros_for(parameters_)),
        second_(zeros_for(parameters_)),
        sums_(zeros_for(parameters_)),
        numbers_(at::tensor({d0_, d0_, 0.0, 0.0}, at::kDouble)) {
    arguments.refuse_others();
    for (const auto& [name, parameter] : parameters_) start_.push_back(WideParameter(parameter).value.clone());
  }

  void step(double learning_rate) override {
    NoGrad guard;
    if (learning_rate <= 0) return;  // a warm-up's first step: nothing moves, and no step is counted
    double &d = numbers()[0], &k = numbers()[3];
    const double rate = d * learning_rate * (use_bias_correction_ ? bias_correction(betas_, k + 1) : 1);
    if (!estimate_distance(rate)) return;  // all gradients are zero
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const WideParameter wide(parameters_[i].second);
      if (!wide.gradient.defined()) continue;
      const Tensor& p = wide.value;
      if (decouple_) p.mul_(1 - weight_decay_ * rate);
      p.sub_(first_[i] / (second_[i].sqrt() + d * eps_) * rate);
      wide.keep();
    }
    k += 1;
  }

  std::optional<double> step_size() const override { return numbers_.data_ptr<double>()[0]; }

  NamedTensors state() override {
    NamedTensors all = {{"d", numbers_}};
    append_state(all, "exp_avg", parameters_, first_);
    append_state(all, "exp_avg_sq", parameters_, second_);
    append_state(all, "s", parameters_, sums_);
    append_state(all, "p0", parameters_, start_);
    return all;
  }

 private:
  double* numbers() { return numbers_.data_ptr<double>(); }

  /// Moments, and the new d. False where there is nothing to learn from.
  bool estimate_distance(double rate) {
    double &d = numbers()[0], &d_max = numbers()[1], &numerator = numbers()[2];
    double gained = 0, size = 0;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const WideParameter wide(parameters_[i].second);
      if (!wide.gradient.defined()) continue;
      const Tensor& p = wide.value;
      const Tensor g = decouple_ ? wide.gradient : wide.gradient + p * weight_decay_;
      // d over d0, so that the sums do not become too small for floats.
      gained += d / d0_ * rate * product_sum(g, start_[i] - p);
      first_[i].mul_(betas_[0]).add_(g, d * (1 - betas_[0]));
      second_[i].mul_(betas_[1]).addcmul_(g, g, d * d * (1 - betas_[1]));
      sums_[i].mul_(beta3_).add_(g, d / d0_ * (safeguard_warmup_ ? d : rate));
      size += sums_[i].abs().sum(at::kDouble).item<double>();
    }
    if (size == 0) return false;
    numerator = numerator * beta3_ + gained;
    const double estimate = d_coef_ * numerator / size;
    if (d == d0_) d = std::max(d, estimate);
    d_max = std::max(d_max, estimate);
    d = std::min(d_max, d * growth_rate_);
    return true;
  }

  std::vector<double> betas_;
  double beta3_, eps_, weight_decay_;
  bool decouple_, use_bias_correction_, safeguard_warmup_;
  double d0_, d_coef_, growth_rate_;
  NamedTensors parameters_;
  std::vector<Tensor> first_, second_, sums_, start_;
  Tensor numbers_;  // [4] double: d, the largest estimate, the numerator of the estimate, steps done
};

}  // namespace

std::unique_ptr<Optimizer> make_prodigy(const RunConfig& config, NamedTensors parameters) {
  return std::make_unique<Prodigy>(OptimizerArguments("Prodigy", config.optimizer_args), std::move(parameters));
}

}  // namespace darkroom::train
