// D-Adaptation for Adam (Defazio & Mishchenko 2023, arXiv 2301.07733), as facebookresearch/dadaptation 3.2 DAdaptAdam.
#include <algorithm>
#include <cmath>
#include <limits>

#include "train/optimizer_arguments.h"
#include "train/optimizers/moments.h"

namespace darkroom::train {
namespace {

class DAdaptAdam : public Optimizer {
 public:
  DAdaptAdam(OptimizerArguments arguments, NamedTensors parameters)
      : betas_(arguments.numbers("betas", {0.9, 0.999})),
        eps_(arguments.number("eps", 1e-8)),
        weight_decay_(arguments.number("weight_decay", 0)),
        decouple_(arguments.truth("decouple", false)),
        use_bias_correction_(arguments.truth("use_bias_correction", false)),
        growth_rate_(arguments.number("growth_rate", std::numeric_limits<double>::infinity())),
        parameters_(std::move(parameters)),
        first_(zeros_for(parameters_)),
        second_(zeros_for(parameters_)),
        sums_(zeros_for(parameters_)),
        numbers_(at::tensor({arguments.number("d0", 1e-6), 0.0, 0.0}, at::kDouble)) {
    arguments.refuse_others();
  }

  void step(double learning_rate) override {
    NoGrad guard;
    if (learning_rate <= 0) return;
    double &d = numbers()[0], &k = numbers()[2];
    const double rate = d * learning_rate * (use_bias_correction_ ? bias_correction(betas_, k + 1) : 1);
    if (!estimate_distance(rate)) return;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const WideParameter wide(parameters_[i].second);
      if (!wide.gradient.defined()) continue;
      const Tensor& p = wide.value;
      if (decouple_) p.mul_(1 - weight_decay_ * rate);
      p.sub_(first_[i] / (second_[i].sqrt() + eps_));  // the first moment holds the step size already
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
    return all;
  }

 private:
  double* numbers() { return numbers_.data_ptr<double>(); }

  /// Moments, and the new d. False where there is nothing to learn from.
  bool estimate_distance(double rate) {
    double &d = numbers()[0], &numerator = numbers()[1];
    const double root = std::sqrt(betas_[1]);
    double gained = 0, size = 0;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const WideParameter wide(parameters_[i].second);
      if (!wide.gradient.defined()) continue;
      const Tensor& p = wide.value;
      const Tensor g = decouple_ ? wide.gradient : wide.gradient + p * weight_decay_;
      gained += rate * product_sum(g, sums_[i] / (second_[i].sqrt() + eps_));
      first_[i].mul_(betas_[0]).add_(g, rate * (1 - betas_[0]));
      second_[i].mul_(betas_[1]).addcmul_(g, g, 1 - betas_[1]);
      sums_[i].mul_(root).add_(g, rate * (1 - root));
      size += sums_[i].abs().sum(at::kDouble).item<double>();
    }
    if (size == 0) return false;
    numerator = root * numerator + (1 - root) * gained;
    d = std::max(d, std::min(numerator / ((1 - root) * size), d * growth_rate_));
    return true;
  }

  std::vector<double> betas_;
  double eps_, weight_decay_;
  bool decouple_, use_bias_correction_;
  double growth_rate_;
  NamedTensors parameters_;
  std::vector<Tensor> first_, second_, sums_;
  Tensor numbers_;  // [3] double: d, the numerator of its estimate, steps done
};

}  // namespace

std::unique_ptr<Optimizer> make_dadapt_adam(const RunConfig& config, NamedTensors parameters) {
  return std::make_unique<DAdaptAdam>(OptimizerArguments("DAdaptAdam", config.optimizer_args), std::move(parameters));
}

}  // namespace darkroom::train
