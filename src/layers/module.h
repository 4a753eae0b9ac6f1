// A network or a part of one: named tensors and named parts. Names joined by dots equal the keys of the original
// checkpoint, so loading is matching names.
//
// Ours rather than torch::nn::Module, because that header brings in the JIT and triples compile times, and because its
// names may not contain dots ("to_out.0").
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/tensor.h"

namespace darkroom::layers {

/// Modules are built with uninitialised tensors (a checkpoint or train/initialise fills them) and stay where they are:
/// parents keep pointers to their members.
class Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module() = default;

  /// Every parameter below this module, depth first, with its full name.
  std::vector<std::pair<std::string, Tensor*>> named_parameters();
  /// The same without their names, to look at.
  std::vector<Tensor> parameters() const;

  /// Calls `visit(full name, module)` for this module (name "") and everything below it.
  void for_each_module(const std::function<void(const std::string&, Module&)>& visit);

  /// The parameters in the given dtype; a tensor that already has it is kept as it is, mapped memory included.
  void convert_to(at::ScalarType dtype);

  /// Whether gradients of the parameters are wanted. New modules want none.
  void require_gradients(bool wanted);

  /// Number of values in all parameters.
  int64_t parameter_count();

  /// What this module and everything below made of their parameters to compute faster (packed_weight.h): its bytes, and
  /// how to free it. It is made again when it is needed.
  int64_t packed_bytes() const;
  void drop_packed() const;

 protected:
  void add(const std::string& name, Tensor& parameter) { parameters_.emplace_back(name, &parameter); }
  void add(const std::string& name, Module& part) { parts_.emplace_back(name, &part); }

  virtual int64_t own_packed_bytes() const { return 0; }
  virtual void drop_own_packed() const {}

 private:
  void collect(const std::string& prefix, std::vector<std::pair<std::string, Tensor*>>& out);
  void collect(std::vector<Tensor>& out) const;
  void visit_below(const std::string& prefix, const std::function<void(const std::string&, Module&)>& visit);

  std::vector<std::pair<std::string, Tensor*>> parameters_;
  std::vector<std::pair<std::string, Module*>> parts_;
};

/// Parts named "0", "1", ... in the order they were added.
template <typename Part>
class ModuleList : public Module {
 public:
  template <typename... Args>
  Part& emplace_back(Args&&... args) {
    Part& part = parts_.emplace_back(std::forward<Args>(args)...);
    add(std::to_string(parts_.size() - 1), part);
    return part;
  }
  size_t size() const { return parts_.size(); }
  bool empty() const { return parts_.empty(); }
  Part& operator[](size_t i) { return parts_[i]; }
  const Part& operator[](size_t i) const { return parts_[i]; }
  auto begin() { return parts_.begin(); }
  auto end() { return parts_.end(); }
  auto begin() const { return parts_.begin(); }
  auto end() const { return parts_.end(); }

 private:
  std::deque<Part> parts_;  // a deque never moves its elements
};

}  // namespace darkroom::layers
