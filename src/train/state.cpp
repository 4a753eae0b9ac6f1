#include "train/state.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "layers/emulated_precision.h"

namespace darkroom::train {

namespace {

layers::NumberFormat number_format(const RunConfig& config) {
  return config.weights_in == "bf16" ? layers::NumberFormat::bf16 : layers::NumberFormat::fp16;
}

}  // namespace

ParameterGroup whole_networks(const std::vector<std::pair<std::string, layers::Module*>>& networks,
                              const std::string& weights_in) {
  ParameterGroup group;
  for (const auto& [name, network] : networks) {
    for (auto& [key, tensor] : network->named_parameters()) {
      const bool is_held_in_bf16 = weights_in == "bf16" && tensor->dim() > 1;
      Tensor held = tensor->detach().to(is_held_in_bf16 ? at::kBFloat16 : at::kFloat);
      // Convolutions run fastest with channels last, weights and gradients included; what is held in bf16 is widened
      // row by row.
      if (held.dim() == 4 && !is_held_in_bf16) held = held.contiguous(at::MemoryFormat::ChannelsLast);
      *tensor = held.requires_grad_();
      group.parameters.emplace_back(name + "." + key, *tensor);
    }
  }
  return group;
}

TrainingState::TrainingState(const RunConfig& config, std::vector<ParameterGroup> groups) : config_(config) {
  for (ParameterGroup& group : groups) {
    hold_in_bf16(group.parameters);
    parameters_.insert(parameters_.end(), group.parameters.begin(), group.parameters.end());
    optimizers_.push_back(make_optimizer(config, group.parameters));
    rate_factors_.push_back(group.rate_factor);
  }
  round_weights();
  if (config.mixed_precision == "fp16") scaler_.emplace();
  if (config.ema_decay == 0) return;
  for (const auto& [name, tensor] : parameters_)
    average_.emplace_back(name, tensor.detach().to(at::kFloat, /*non_blocking=*/false, /*copy=*/true));
}

void TrainingState::hold_in_bf16(NamedTensors& parameters) const {
  if (config_.weights_in != "bf16") return;
  // Vectors are few numbers, and layers take them in fp32: they are rounded where they are.
  for (auto& [name, tensor] : parameters)
    if (tensor.dim() > 1 && tensor.scalar_type() != at::kBFloat16)
      tensor.set_data(tensor.detach().to(at::kBFloat16));  // in all who share it
}

double TrainingState::update(double learning_rate, const std::function<void()>& after_update) {
  NoGrad guard;
  if (scaler_) {
    const bool is_finite = scaler_->unscale(parameters_);
    scaler_->update(!is_finite);
    if (!is_finite) {
      ++steps_done_;
      forget_gradients();
      return std::numeric_limits<double>::infinity();
    }
  }
  double squares = 0;
  for (const auto& [name, tensor] : parameters_) {
    if (tensor.grad().defined()) squares += std::pow(at::norm(tensor.grad(), 2, at::kFloat).item<double>(), 2);
  }
  const double norm = std::sqrt(squares);
  require(std::isfinite(norm), ErrorKind::internal,
          "training step {}: the gradient is not finite; lower learning_rate or set mixed_precision = \"no\"",
          steps_done_);
  if (config_.max_grad_norm > 0 && norm > config_.max_grad_norm) {
    for (auto& [name, tensor] : parameters_) {
      if (tensor.grad().defined()) tensor.mutable_grad().mul_(config_.max_grad_norm / (norm + 1e-6));
    }
  }
  round_gradients();
  for (size_t i = 0; i < optimizers_.size(); ++i) optimizers_[i]->step(learning_rate * rate_factors_[i]);
  if (after_update) after_update();
  round_weights();
  ++steps_done_;
  const double n = double(steps_taken());
  const double decay = std::min(config_.ema_decay, (1 + n) / (10 + n));
  for (size_t i = 0; i < average_.size(); ++i)
    average_[i].second.lerp_(parameters_[i].second.detach().to(at::kFloat), 1 - decay);
  forget_gradients();
  return norm;
}

void TrainingState::round_gradients() {
  if (config_.weights_in == "fp32") return;
  for (auto& [name, tensor] : parameters_)
    if (tensor.grad().defined()) tensor.mutable_grad().copy_(layers::rounded_to(number_format(config_), tensor.grad()));
}

void TrainingState::round_weights() {
  if (config_.weights_in == "fp32") return;
  NoGrad guard;
  for (auto& [name, tensor] : parameters_)
    if (tensor.scalar_type() == at::kFloat) tensor.copy_(layers::rounded_to(number_format(config_), tensor));
}

void TrainingState::forget_gradients() {
  for (auto& [name, tensor] : parameters_) tensor.mutable_grad().reset();
}

NamedTensors TrainingState::everything() const {
  NamedTensors all;
  for (const auto& [name, tensor] : parameters_) all.emplace_back("weight." + name, tensor.detach());
  for (const auto& [name, tensor] : average_) all.emplace_back("average." + name, tensor);
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    for (const auto& [name, tensor] : optimizers_[i]->state())
      all.emplace_back(fmt::format("optimizer.{}.{}", i, name), tensor);
  }
  if (scaler_)
    for (const auto& [name, tensor] : scaler_->state()) all.emplace_back("loss_scaler." + name, tensor);
  return all;
}

int64_t TrainingState::bytes() const {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : everything()) bytes += int64_t(tensor.nbytes());
  return bytes;  // the weights' own part is as large as their gradients
}

void TrainingState::save(const std::filesystem::path& folder, const std::string& options) const {
  // One by one: what lies in another order in memory is copied, and of a whole model that would be much at once.
  std::vector<std::pair<std::string, formats::TensorToMake>> stored;
  for (const auto& [name, tensor] : everything())
    stored.emplace_back(name,
                        formats::TensorToMake{checkpoint::stored_dtype(tensor.scalar_type()), tensor.sizes().vec(),
                                              [tensor = tensor] { return checkpoint::stored_tensor(tensor); }});
  save_state(folder, stored, steps_done_, options, config_.keep_states_of_last_steps);
}

void TrainingState::load(const SavedState& saved) {
  NoGrad guard;
  for (auto& [name, tensor] : everything()) {
    const auto found = saved.tensors.tensors.find(name);
    // Earlier programs counted AdamW's steps for all parameters at once.
    const bool is_one_count = name.ends_with(".steps") && found != saved.tensors.tensors.end() &&
                              found->second.shape == std::vector<int64_t>{1};
    require(
        found != saved.tensors.tensors.end() && (is_one_count || found->second.shape == tensor.sizes().vec()),
        ErrorKind::corrupt_file,
        "resume from \"{}\": tensor \"{}\" is missing or has another shape; was the run started with other options?",
        saved.file.string(), name);
    tensor.copy_(checkpoint::tensor_view(found->second));
  }
  steps_done_ = saved.steps_done;
}

void TrainingState::exchange_with_average() {
  NoGrad guard;
  for (size_t i = 0; i < average_.size(); ++i) {
    const Tensor trained = parameters_[i].second.detach().clone();
    // The average is exact where what is trained is held in less.
    parameters_[i].second.set_data(average_[i].second.clone());
    average_[i].second = trained;
  }
}

}  // namespace darkroom::train
