// Lion (Chen et al. 2023, arXiv 2302.06675, algorithm 2): steps of one size, in the direction of an average's sign.
#include "train/optimizer_arguments.h"
#include "train/optimizers/moments.h"

namespace darkroom::train {
namespace {

class Lion : public Optimizer {
 public:
  Lion(OptimizerArguments arguments, NamedTensors parameters)
      : betas_(arguments.numbers("betas", {0.9, 0.99})),
        weight_decay_(arguments.number("weight_decay", 0)),
        parameters_(std::move(parameters)),
        average_(zeros_for(parameters_)) {
    arguments.refuse_others();
  }

  void step(double learning_rate) override {
    NoGrad guard;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const WideParameter wide(parameters_[i].second);
      const Tensor &p = wide.value, &g = wide.gradient;
      if (!g.defined()) continue;
      p.mul_(1 - learning_rate * weight_decay_);
      p.sub_((average_[i] * betas_[0] + g * (1 - betas_[0])).sign_(), learning_rate);
      average_[i].mul_(betas_[1]).add_(g, 1 - betas_[1]);
      wide.keep();
    }
  }

  NamedTensors state() override {
    NamedTensors all;
    append_state(all, "exp_avg", parameters_, average_);
    return all;
  }

 private:
  std::vector<double> betas_;
  double weight_decay_;
  NamedTensors parameters_;
  std::vector<Tensor> average_;
};

}  // namespace

std::unique_ptr<Optimizer> make_lion(const RunConfig& config, NamedTensors parameters) {
  return std::make_unique<Lion>(OptimizerArguments("Lion", config.optimizer_args), std::move(parameters));
}

}  // namespace darkroom::train
