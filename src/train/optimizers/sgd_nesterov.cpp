// Stochastic gradient descent with Nesterov's momentum, as torch.optim.SGD(nesterov=True): the momentum starts as the
// first gradient.
#include "train/optimizer_arguments.h"
#include "train/optimizers/moments.h"

namespace darkroom::train {
namespace {

class SgdNesterov : public Optimizer {
 public:
  SgdNesterov(OptimizerArguments arguments, NamedTensors parameters)
      : momentum_(arguments.number("momentum", 0.9)),
        weight_decay_(arguments.number("weight_decay", 0)),
        parameters_(std::move(parameters)),
        buffers_(zeros_for(parameters_)),
        steps_(at::zeros({int64_t(parameters_.size())}, at::kDouble)) {
    arguments.refuse_others();
  }

  void step(double learning_rate) override {
    NoGrad guard;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const WideParameter wide(parameters_[i].second);
      if (!wide.gradient.defined()) continue;
      const Tensor& p = wide.value;
      const Tensor g = wide.gradient + p * weight_decay_;
      const bool is_first = steps_.data_ptr<double>()[i]++ == 0;
      buffers_[i].mul_(is_first ? 0 : momentum_).add_(g);
      p.sub_(g + buffers_[i] * momentum_, learning_rate);
      wide.keep();
    }
  }

  NamedTensors state() override {
    NamedTensors all = {{"steps", steps_}};
    append_state(all, "momentum_buffer", parameters_, buffers_);
    return all;
  }

 private:
  double momentum_, weight_decay_;
  NamedTensors parameters_;
  std::vector<Tensor> buffers_;
  Tensor steps_;  // [parameters] double
};

}  // namespace

std::unique_ptr<Optimizer> make_sgd_nesterov(const RunConfig& config, NamedTensors parameters) {
  return std::make_unique<SgdNesterov>(OptimizerArguments("SGDNesterov", config.optimizer_args), std::move(parameters));
}

}  // namespace darkroom::train
