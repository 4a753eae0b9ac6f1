#include "layers/emulated_precision.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <optional>
#include <utility>

#include "layers/work.h"

namespace darkroom::layers {
namespace {

using Stack = torch::jit::Stack;

// A key of libtorch's dispatcher through which every operation goes first where it is included; nothing else uses it.
constexpr c10::DispatchKey kKey = c10::DispatchKey::TESTING_ONLY_GenericMode;

std::optional<Emulation> current;  // nothing = networks compute as they are
const char* part = nullptr;        // of the scope we are in
int64_t call = 0;                  // its number

bool is_float32(const c10::IValue& value) {
  return value.isTensor() && value.toTensor().defined() && value.toTensor().scalar_type() == at::kFloat;
}

bool makes_new_tensors(const c10::FunctionSchema& schema) {
  for (const c10::Argument& result : schema.returns())
    if (result.alias_info()) return false;  // a view, or written in place
  return !schema.returns().empty();
}

void watch(const c10::OperatorHandle& operation, const std::vector<Tensor>& inputs, const Tensor& exact,
           const Tensor& rounded) {
  if (!current->watch) return;
  current->watch({part, call, operation.schema().name(), inputs, exact, rounded});
}

/// Rounds the last `count` values of the stack; the float32 tensors among them as they were. `keeps_equal`: what needs
/// no rounding is not copied.
std::vector<Tensor> round_in_place(Stack& stack, size_t count, bool keeps_equal) {
  std::vector<Tensor> before;
  for (size_t i = stack.size() - count; i < stack.size(); ++i) {
    if (!is_float32(stack[i])) continue;
    const Tensor value = stack[i].toTensor();
    before.push_back(value);
    Tensor rounded = rounded_to(current->format, value);
    // Weights of a half-precision file are such numbers: autograd would keep a copy of each until the backward pass.
    if (keeps_equal && !value.requires_grad() && at::equal(rounded, value)) continue;
    stack[i] = std::move(rounded);
  }
  return before;
}

void emulate(const c10::OperatorHandle& operation, Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard beneath(kKey);
  const c10::FunctionSchema& schema = operation.schema();
  if (!makes_new_tensors(schema)) return operation.callBoxed(stack);
  const std::vector<Tensor> inputs = round_in_place(*stack, schema.arguments().size(), /*keeps_equal=*/true);
  operation.callBoxed(stack);
  const size_t results = schema.returns().size();
  const std::vector<Tensor> exact = round_in_place(*stack, results, /*keeps_equal=*/false);
  if (exact.empty()) return;
  for (size_t i = stack->size() - results; i < stack->size(); ++i) {  // a norm's first result is what goes on
    if (is_float32((*stack)[i])) return watch(operation, inputs, exact.front(), (*stack)[i].toTensor());
  }
}

/// Makes `emulate` what libtorch calls at the key.
void register_key() {
  static const c10::RegistrationHandleRAII registered = c10::Dispatcher::singleton().registerFallback(
      kKey, c10::KernelFunction::makeFromBoxedFunction<&emulate>(), "darkroom: emulated precision");
}

void enter(const char* name) {
  part = name;
  const bool emulates = name && current && (current->parts.empty() || current->parts.contains(name));
  c10::impl::tls_set_dispatch_key_included(kKey, emulates);
}

}  // namespace

EmulatedPrecision::EmulatedPrecision(Emulation emulation) {
  TORCH_CHECK(!current && !part, "one precision at a time is emulated");
  register_key();
  current = std::move(emulation);
  call = 0;
}

EmulatedPrecision::~EmulatedPrecision() {
  current.reset();
}

const char* network_scope() {
  return part;
}

NetworkScope::NetworkScope(const char* name) : outer_(part) {
  enter(name);
  if (!name) return;
  ++call;
  network_begins(name);
}

NetworkScope::~NetworkScope() {
  enter(outer_);
}

Tensor rounded_to(NumberFormat format, const Tensor& x) {
  switch (format) {
    case NumberFormat::fp32:
      return x;
    case NumberFormat::bf16:
      return x.to(at::kBFloat16).to(at::kFloat);
    case NumberFormat::fp16:
      return x.to(at::kHalf).to(at::kFloat);
  }
  TORCH_CHECK(false, "unknown number format ", int(format));
}

}  // namespace darkroom::layers
