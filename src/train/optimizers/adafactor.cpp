// Adafactor (Shazeer & Stern 2018, arXiv 1804.04235), as transformers' Adafactor: second moments of matrices as a row
// and a column, steps bounded relative to the parameter.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "train/optimizer_arguments.h"
#include "train/optimizers/moments.h"

namespace darkroom::train {
namespace {

double rms(const Tensor& x) {
  return std::sqrt(product_sum(x, x) / double(x.numel()));
}

class Adafactor : public Optimizer {
 public:
  Adafactor(OptimizerArguments arguments, NamedTensors parameters)
      : eps_(arguments.numbers("eps", {1e-30, 1e-3})),
        clip_threshold_(arguments.number("clip_threshold", 1)),
        decay_rate_(arguments.number("decay_rate", -0.8)),
        beta1_(arguments.number("beta1", 0)),
        weight_decay_(arguments.number("weight_decay", 0)),
        scale_parameter_(arguments.truth("scale_parameter", true)),
        relative_step_(arguments.truth("relative_step", true)),
        warmup_init_(arguments.truth("warmup_init", false)),
        parameters_(std::move(parameters)),
        averages_(beta1_ > 0 ? zeros_for(parameters_) : std::vector<Tensor>{}),
        steps_(at::zeros({int64_t(parameters_.size())}, at::kDouble)) {
    arguments.refuse_others();
    require(relative_step_ || !warmup_init_, ErrorKind::invalid_request,
            "arguments of Adafactor: warmup_init=True needs relative_step=True");
    for (const auto& [name, p] : parameters_) {
      const std::vector<int64_t> shape = p.sizes().vec();
      const at::ScalarType type = computed_type(p.scalar_type());
      if (p.dim() < 2) {
        seconds_.push_back({at::zeros(shape, type), {}});
        continue;
      }
      std::vector<int64_t> rows(shape.begin(), shape.end() - 1), columns = rows;
      columns.back() = shape.back();
      seconds_.push_back({at::zeros(rows, type), at::zeros(columns, type)});
    }
  }

  void step(double learning_rate) override {
    NoGrad guard;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const WideParameter wide(parameters_[i].second);
      if (!wide.gradient.defined()) continue;
      const Tensor& p = wide.value;
      const double t = steps_.data_ptr<double>()[i] += 1;
      const double rate = rate_of(p, t, learning_rate);
      Tensor update = scaled(wide.gradient, seconds_[i], 1 - std::pow(t, decay_rate_));
      update = update / std::max(1.0, rms(update) / clip_threshold_) * rate;
      if (beta1_ > 0) update = averages_[i].mul_(beta1_).add_(update, 1 - beta1_);
      p.mul_(1 - weight_decay_ * rate);
      p.sub_(update);
      wide.keep();
    }
  }

  NamedTensors state() override {
    NamedTensors all = {{"steps", steps_}};
    if (beta1_ > 0) append_state(all, "exp_avg", parameters_, averages_);
    for (size_t i = 0; i < parameters_.size(); ++i) {
      all.emplace_back("exp_avg_sq_row." + parameters_[i].first, seconds_[i].rows);
      if (seconds_[i].columns.defined())
        all.emplace_back("exp_avg_sq_col." + parameters_[i].first, seconds_[i].columns);
    }
    return all;
  }

 private:
  /// Averages of squared gradients: means over the last and the last but one direction; of a vector, themselves.
  struct Second {
    Tensor rows, columns;
  };

  double rate_of(const Tensor& p, double t, double learning_rate) const {
    const double rate = relative_step_ ? relative_step(t, warmup_init_) : learning_rate;
    return rate * (scale_parameter_ ? std::max(eps_[1], rms(p)) : 1);
  }

  /// The gradient over the root of its second moment.
  Tensor scaled(const Tensor& g, Second& second, double beta2) const {
    const Tensor square = g * g + eps_[0];
    if (!second.columns.defined()) return g / second.rows.mul_(beta2).add_(square, 1 - beta2).sqrt();
    second.rows.mul_(beta2).add_(square.mean(-1), 1 - beta2);
    second.columns.mul_(beta2).add_(square.mean(-2), 1 - beta2);
    const Tensor row = (second.rows / second.rows.mean(-1, /*keepdim=*/true)).rsqrt().unsqueeze(-1);
    return g * row * second.columns.rsqrt().unsqueeze(-2);
  }

  std::vector<double> eps_;
  double clip_threshold_, decay_rate_, beta1_, weight_decay_;
  bool scale_parameter_, relative_step_, warmup_init_;
  NamedTensors parameters_;
  std::vector<Tensor> averages_;  // none where beta1 is 0: they would be as large as what is trained
  std::vector<Second> seconds_;
  Tensor steps_;  // [parameters] double
};

}  // namespace

std::unique_ptr<Optimizer> make_adafactor(const RunConfig& config, NamedTensors parameters) {
  return std::make_unique<Adafactor>(OptimizerArguments("Adafactor", config.optimizer_args), std::move(parameters));
}

}  // namespace darkroom::train
