// The table of optimizers. Adding one: a file in optimizers/, a row in optimizers.cpp, a baseline in its test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/tensor.h"
#include "train/run_config.h"

namespace darkroom::train {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One update from the gradients of the parameters; a parameter without a gradient keeps its value and moments.
  virtual void step(double learning_rate) = 0;

  /// What must be saved for an exact resume: tensors that share memory with the optimizer's own, so that copying into
  /// them restores it. Steps done are part of it.
  virtual NamedTensors state() = 0;

  /// d of the optimizers that find their own step size: the learning rate is a factor on it.
  virtual std::optional<double> step_size() const { return std::nullopt; }
};

/// Whether it finds the size of its steps itself, so that one learning rate holds for all it trains. False for an
/// unknown name.
bool finds_step_size(const std::string& optimizer);

/// Whether it takes steps of a size of its own, whatever the learning rate: Adafactor unless relative_step=False is
/// said in optimizer_args. Throws Error{invalid_request} for arguments that are none.
bool takes_own_steps(const RunConfig& config);

/// That size in step `step` from 0; with scale_parameter, which is Adafactor's default, a share of each matrix's own.
double own_step(const RunConfig& config, int64_t step);

/// What its state takes at least, in bytes for each parameter of large tensors. 0 for an unknown name.
double state_bytes_per_parameter(const std::string& optimizer);

/// `parameters`: leaf tensors, fp32 or bf16, contiguous in memory in some order. Moments are fp32, and so is the
/// arithmetic; what is held in bf16 is rounded once a step. Throws Error{invalid_request} for an unknown
/// name.
std::unique_ptr<Optimizer> make_optimizer(const RunConfig& config, NamedTensors parameters);

/// All take optimizer_args, "name=value" each, with their authors' defaults; AdamW's are the configuration's beta1,
/// beta2, eps and weight_decay. Those throw Error{invalid_request} for an argument they do not have.
std::unique_ptr<Optimizer> make_adamw(const RunConfig& config, NamedTensors parameters);
std::unique_ptr<Optimizer> make_adamw_8bit(const RunConfig& config, NamedTensors parameters);
std::unique_ptr<Optimizer> make_lion(const RunConfig& config, NamedTensors parameters);
std::unique_ptr<Optimizer> make_sgd_nesterov(const RunConfig& config, NamedTensors parameters);
std::unique_ptr<Optimizer> make_adafactor(const RunConfig& config, NamedTensors parameters);
/// These two find their own step size: the learning rate is a factor on it, usually 1; at 0 they do nothing.
std::unique_ptr<Optimizer> make_dadapt_adam(const RunConfig& config, NamedTensors parameters);
std::unique_ptr<Optimizer> make_prodigy(const RunConfig& config, NamedTensors parameters);

}  // namespace darkroom::train
