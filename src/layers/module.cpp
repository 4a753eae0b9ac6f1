#include "layers/module.h"

namespace darkroom::layers {

std::vector<std::pair<std::string, Tensor*>> Module::named_parameters() {
  std::vector<std::pair<std::string, Tensor*>> all;
  collect("", all);
  return all;
}

void Module::collect(const std::string& prefix, std::vector<std::pair<std::string, Tensor*>>& out) {
  for (auto& [name, tensor] : parameters_) out.emplace_back(prefix + name, tensor);
  for (auto& [name, part] : parts_) part->collect(prefix + name + ".", out);
}

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> all;
  collect(all);
  return all;
}

void Module::collect(std::vector<Tensor>& out) const {
  for (const auto& [name, tensor] : parameters_) out.push_back(*tensor);
  for (const auto& [name, part] : parts_) std::as_const(*part).collect(out);
}

void Module::for_each_module(const std::function<void(const std::string&, Module&)>& visit) {
  visit_below("", visit);
}

void Module::visit_below(const std::string& prefix, const std::function<void(const std::string&, Module&)>& visit) {
  visit(prefix, *this);
  for (auto& [name, part] : parts_) part->visit_below(prefix.empty() ? name : prefix + "." + name, visit);
}

void Module::convert_to(at::ScalarType dtype) {
  NoGrad guard;
  for (auto& [name, tensor] : named_parameters()) *tensor = tensor->to(dtype);
}

void Module::require_gradients(bool wanted) {
  for (auto& [name, tensor] : named_parameters()) tensor->set_requires_grad(wanted);
}

int64_t Module::parameter_count() {
  int64_t count = 0;
  for (auto& [name, tensor] : named_parameters()) count += tensor->numel();
  return count;
}

int64_t Module::packed_bytes() const {
  int64_t bytes = own_packed_bytes();
  for (const auto& [name, part] : parts_) bytes += part->packed_bytes();
  return bytes;
}

void Module::drop_packed() const {
  drop_own_packed();
  for (const auto& [name, part] : parts_) part->drop_packed();
}

}  // namespace darkroom::layers
