// AdamW (Loshchilov & Hutter, arXiv 1711.05101), as torch.optim.AdamW: decay first, bias-corrected moments.
// One pass over memory instead of a dozen tensor operations: for small networks the passes are what costs.
#include <ATen/Parallel.h>

#include <cmath>

#include "train/optimizer_arguments.h"
#include "train/optimizers/moments.h"

namespace darkroom::train {
namespace {

class AdamW : public Optimizer {
 public:
  AdamW(const RunConfig& config, NamedTensors parameters)
      : config_(config),
        parameters_(std::move(parameters)),
        first_(zeros_for(parameters_)),
        second_(zeros_for(parameters_)),
        steps_(at::zeros({int64_t(parameters_.size())}, at::kDouble)) {
    OptimizerArguments arguments("AdamW", config.optimizer_args);
    const std::vector<double> betas = arguments.numbers("betas", {config.beta1, config.beta2});
    config_.beta1 = betas[0], config_.beta2 = betas[1];
    config_.eps = arguments.number("eps", config.eps);
    config_.weight_decay = arguments.number("weight_decay", config.weight_decay);
    arguments.refuse_others();
    for (auto& [name, parameter] : parameters_)
      TORCH_CHECK(parameter.is_non_overlapping_and_dense(), "adamw: parameter ", name, " must be dense");
  }

  void step(double learning_rate) override {
    NoGrad guard;
    const float decay = float(1 - learning_rate * config_.weight_decay);
    const float b1 = float(config_.beta1), b2 = float(config_.beta2), eps = float(config_.eps);
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const WideParameter wide(parameters_[i].second);
      const Tensor& parameter = wide.value;
      if (!wide.gradient.defined()) continue;
      const double t = steps_.data_ptr<double>()[i] += 1;
      const float rate = float(learning_rate / (1 - std::pow(config_.beta1, t)));
      const float root = float(1 / std::sqrt(1 - std::pow(config_.beta2, t)));
      // Gradients may come in another memory layout than the parameter's.
      const bool is_alike = wide.gradient.strides() == parameter.strides();
      const Tensor gradient = is_alike ? wide.gradient : at::empty_like(parameter).copy_(wide.gradient);
      float* p = parameter.data_ptr<float>();
      float* m = first_[i].data_ptr<float>();
      float* v = second_[i].data_ptr<float>();
      const float* g = gradient.data_ptr<float>();
      at::parallel_for(0, parameter.numel(), 1 << 16, [=](int64_t begin, int64_t end) {
        for (int64_t j = begin; j < end; ++j) {
          m[j] = b1 * m[j] + (1 - b1) * g[j];
          v[j] = b2 * v[j] + (1 - b2) * g[j] * g[j];
          p[j] = p[j] * decay - rate * m[j] / (std::sqrt(v[j]) * root + eps);
        }
      });
      wide.keep();
    }
  }

  NamedTensors state() override {
    NamedTensors all = {{"steps", steps_}};
    for (size_t i = 0; i < parameters_.size(); ++i) {
      all.emplace_back("exp_avg." + parameters_[i].first, first_[i]);
      all.emplace_back("exp_avg_sq." + parameters_[i].first, second_[i]);
    }
    return all;
  }

 private:
  RunConfig config_;
  NamedTensors parameters_;
  std::vector<Tensor> first_, second_;
  Tensor steps_;  // [parameters] double: what has no gradient in a step (module_dropout) does not count it
};

}  // namespace

std::unique_ptr<Optimizer> make_adamw(const RunConfig& config, NamedTensors parameters) {
  return std::make_unique<AdamW>(config, std::move(parameters));
}

}  // namespace darkroom::train
