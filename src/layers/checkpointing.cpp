#include "layers/checkpointing.h"

#include <torch/csrc/autograd/custom_function.h>

#include "layers/bf16_product_gradient.h"
#include "layers/emulated_precision.h"

namespace darkroom::layers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Compute = std::function<Tensor(const std::vector<Tensor>&)>;

// 16 MiB of fp32, below which keeping them costs less, and 48 MiB of bf16: at 512 x 512 SD 1.5 computes nothing twice.
constexpr int64_t kLarge = int64_t(4) << 20, kLargeInBf16 = int64_t(24) << 20;

bool is_on = false;

/// A function as a value that libtorch keeps with the node.
struct KeptCompute : torch::CustomClassHolder {
  explicit KeptCompute(Compute from) : compute(std::move(from)) {}
  Compute compute;
};

struct Checkpoint : torch::autograd::Function<Checkpoint> {
  /// `wanted` is what makes the result want gradients even where no input does: parameters inside may.
  static Tensor forward(AutogradContext* context, const Tensor& wanted, at::TensorList inputs, const Compute& compute) {
    context->save_for_backward(inputs.vec());
    context->saved_data["compute"] = c10::IValue::make_capsule(c10::make_intrusive<KeptCompute>(compute));
    return compute(inputs.vec());
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto kept = context->saved_data["compute"].toCapsule();
    std::vector<Tensor> inputs;
    for (const Tensor& saved : context->get_saved_variables())
      inputs.push_back(saved.detach().requires_grad_(saved.requires_grad()));
    {
      const at::AutoGradMode records(true);
      const Tensor result = static_cast<KeptCompute&>(*kept).compute(inputs);
      // A part may hold nothing that is trained.
      if (result.requires_grad()) result.backward(gradients[0]);
    }
    variable_list found = {Tensor()};
    for (const Tensor& input : inputs) found.push_back(input.grad());
    found.emplace_back();  // of the function
    return found;
  }
};

}  // namespace

void set_checkpointing(bool on) {
  is_on = on;
}

bool checkpointing() {
  return is_on;
}

int64_t recomputed_from(bool in_bf16) {
  return in_bf16 ? kLargeInBf16 : kLarge;
}

namespace {

Tensor computed_twice(const Compute& compute, const std::vector<Tensor>& inputs) {
  const char* scope = network_scope();
  const Compute again = [compute, scope](const std::vector<Tensor>& values) {
    const NetworkScope in(scope);  // the backward pass is in none
    return compute(values);
  };
  return Checkpoint::apply(at::zeros({1}).requires_grad_(), at::TensorList(inputs), again);
}

}  // namespace

Tensor checkpointed(const Compute& compute, const std::vector<Tensor>& inputs) {
  return is_on && at::GradMode::is_enabled() ? computed_twice(compute, inputs) : compute(inputs);
}

Tensor checkpointed_if_large(const Compute& compute, const std::vector<Tensor>& inputs, int64_t kept_numbers) {
  // Inside of what is computed twice anyway it would be computed three times.
  const bool is_worth_it = !is_on && at::GradMode::is_enabled() && kept_numbers >= recomputed_from(computes_in_bf16());
  return is_worth_it ? computed_twice(compute, inputs) : compute(inputs);
}

}  // namespace darkroom::layers
