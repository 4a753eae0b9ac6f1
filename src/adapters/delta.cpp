#include "adapters/delta.h"

#include <array>
#include <limits>

#include "adapters/kinds/formulas.h"
#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "layers/stored_weight.h"

namespace darkroom::adapters {
namespace {

struct Formula {
  Kind kind;
  Tensor (*delta)(const Given&);
  std::string_view bias;  ///< the factor that is added to the bias, if the kind has one
  bool reads_weight;      ///< its values, not only its shape
};

constexpr std::array<Formula, 8> kFormulas = {{
    {Kind::lora, lora_delta, "", false},
    {Kind::loha, loha_delta, "", false},
    {Kind::ia3, ia3_delta, "", true},
    {Kind::lokr, lokr_delta, "", false},
    {Kind::full, full_delta, "diff_b", false},
    {Kind::norm, norm_delta, "b_norm", false},
    {Kind::glora, glora_delta, "", true},
    {Kind::oft, oft_delta, "", true},
}};

/// (W + D) * d / norm(W + D) - W; overwrites `delta`.
Tensor dora(const AdapterModule& module, const Tensor& weight, Tensor delta) {
  const bool per_output = is_dora_per_output(module, weight.sizes().vec());
  const Tensor changed = delta.add_(weight);
  const int64_t kept = per_output ? 0 : 1;
  std::vector<int64_t> over;
  for (int64_t i = 0; i < weight.dim(); ++i)
    if (i != kept) over.push_back(i);
  Tensor norm = changed.norm(2, over, /*keepdim=*/true);
  // LyCORIS adds the smallest difference of its numbers; a column of zeros, whose norm divides nothing, stays zero.
  norm = per_output ? norm + std::numeric_limits<float>::epsilon() : norm.masked_fill(norm == 0, 1);
  const Tensor scale = Given{weight, module.factors}["dora_scale"].reshape(norm.sizes());
  return changed * (scale / norm) - weight;
}

}  // namespace

Tensor Given::operator[](std::string_view name) const {
  return checkpoint::tensor_view(factors.find(name)->second).to(at::kFloat);
}

bool is_dora_per_output(const AdapterModule& module, const Shape& weight) {
  const Shape& shape = module.factors.find("dora_scale")->second.shape;
  // [1, in, 1, 1] has a value per input; [out, 1, 1, 1] and PEFT's [out] per output.
  return !(shape.size() > 1 && shape[0] == 1 && shape[1] == weight[1]);
}

Change change(const AdapterModule& module, const Tensor& weight, const Strength& strength) {
  const NoGrad guard;
  const bool has_dora = module.factors.contains("dora_scale");
  // One factor instead of two passes over the change, where that is the same.
  const double scale = own_scale(module.kind, module.factors) * (has_dora ? 1 : strength.multiplier);
  const Formula& formula = kFormulas[size_t(module.kind)];
  const Tensor base = formula.reads_weight || has_dora ? layers::in_type(weight, at::kFloat) : weight;
  Change change;
  change.weight = formula.delta({base, module.factors, scale, strength.rank_limit}).reshape(base.sizes());
  if (has_dora) change.weight = dora(module, base, change.weight).mul_(strength.multiplier);
  if (!formula.bias.empty() && module.factors.contains(formula.bias))
    change.bias = Given{base, module.factors}[formula.bias] * strength.multiplier;
  return change;
}

}  // namespace darkroom::adapters
