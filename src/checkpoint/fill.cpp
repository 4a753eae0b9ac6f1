#include "checkpoint/fill.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "checkpoint/stored_tensors.h"

namespace darkroom::checkpoint {
namespace {

using formats::DType;
using models::StoredForm;

constexpr size_t kListed = 5;

bool holds_numbers(DType dtype) {
  return dtype == DType::f64 || dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

/// The shape a parameter has where it lies in the file as `form`.
std::vector<int64_t> shape_in_file(std::vector<int64_t> shape, StoredForm form) {
  if (form == StoredForm::transposed) std::reverse(shape.begin(), shape.end());
  if (form == StoredForm::first_third || form == StoredForm::second_third || form == StoredForm::last_third)
    shape[0] *= 3;
  return shape;
}

/// Whether two shapes are the same but for ones at the end: [64, 64] and [64, 64, 1, 1].
bool same_but_for_ones(std::vector<int64_t> a, std::vector<int64_t> b) {
  while (a.size() > 2 && a.back() == 1) a.pop_back();
  while (b.size() > 2 && b.back() == 1) b.pop_back();
  return a == b;
}

/// What a tensor of the file is kept as.
at::ScalarType kept_type(const Tensor& stored, const FillOptions& options) {
  const at::ScalarType type = stored.scalar_type();
  const bool is_half = type == at::kHalf || type == at::kBFloat16;
  const bool is_read =
      options.dtype == at::kBFloat16 ? is_half || type == at::kFloat : options.dtype == at::kFloat && is_half;
  return options.keep_half && is_read && stored.dim() > 1 ? type : options.dtype;
}

Tensor part_of(const Tensor& whole, StoredForm form) {
  const int64_t third = whole.dim() > 0 ? whole.size(0) / 3 : 0;
  switch (form) {
    case StoredForm::whole:
      return whole;
    case StoredForm::first_third:
      return whole.narrow(0, 0, third);
    case StoredForm::second_third:
      return whole.narrow(0, third, third);
    case StoredForm::last_third:
      return whole.narrow(0, 2 * third, third);
    case StoredForm::transposed:
      return whole.t().contiguous();
  }
  fail(ErrorKind::internal, "stored form {}: unknown", int(form));
}

std::string listed(const char* what, std::vector<std::string> names) {
  if (names.empty()) return "";
  const size_t count = names.size();
  names.resize(std::min(count, kListed));
  return fmt::format("; {} {}: {}{}", count, what, fmt::join(names, ", "), count > kListed ? ", ..." : "");
}

}  // namespace

void require_match(const Mismatch& mismatch) {
  if (mismatch.empty()) return;
  fail(ErrorKind::corrupt_file, "every tensor must be used and every parameter filled{}{}{}",
       listed("parameters without a tensor", mismatch.missing), listed("tensors without a use", mismatch.unused),
       listed("tensors of another shape or type", mismatch.wrong_shape));
}

void fill(layers::Module& network, const PartTensors& tensors, const Naming& naming, const std::string& prefix,
          const FillOptions& options, Mismatch& mismatch) {
  NoGrad guard;
  std::set<std::string> used, reported;
  for (auto& [name, parameter] : network.named_parameters()) {
    const models::StoredName place = naming(name);
    const auto found = tensors.find(place.name);
    if (found == tensors.end()) {
      if (reported.insert(place.name).second) mismatch.missing.push_back(prefix + place.name);
      continue;
    }
    used.insert(place.name);
    const formats::StoredTensor& stored = found->second;
    const auto expected = shape_in_file(parameter->sizes().vec(), place.form);
    if (!same_but_for_ones(stored.shape, expected) || !holds_numbers(stored.dtype)) {
      if (reported.insert(place.name).second) {
        mismatch.wrong_shape.push_back(fmt::format("{}{} (file {} {}, model {})", prefix, place.name,
                                                   formats::dtype_name(stored.dtype), stored.shape, expected));
      }
      continue;
    }
    const Tensor view = tensor_view(stored).view(expected);
    Tensor value = part_of(view, place.form).to(kept_type(view, options));
    if (options.writable && value.is_alias_of(view)) value = value.clone();
    *parameter = value;
  }
  for (const auto& [name, tensor] : tensors) {
    if (!used.contains(name) && !is_ignorable(prefix + name)) mismatch.unused.push_back(prefix + name);
  }
}

}  // namespace darkroom::checkpoint
