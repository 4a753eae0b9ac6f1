// What an adapter does to one weight. The file of each kind in kinds/ holds its formula; the table is in delta.cpp.
#pragma once

#include "adapters/adapter_file.h"
#include "base/tensor.h"

namespace darkroom::adapters {

struct Strength {
  double multiplier = 1;   ///< the user's weight
  int64_t rank_limit = 0;  ///< plain LoRA uses its first rows and columns up to this rank; 0 = all
};

/// What is added, fp32. Undefined bias: the bias stays.
struct Change {
  Tensor weight;  ///< in the weight's shape
  Tensor bias;
};

/// The change of `module` to `weight` (any floating type), made with the file's own scale and the user's:
/// - the formula of its kind, times own_scale(), times the multiplier;
/// - with a "dora_scale" d: ((W + D) * d / norm(W + D) - W) * multiplier, D without the multiplier; the norm is taken
///   over inputs and kernel for each output, or over outputs and kernel for each input, whichever d has values for.
/// Requires: change_shape() accepts the weight's shape.
Change change(const AdapterModule& module, const Tensor& weight, const Strength& strength = {});

/// Whether a "dora_scale" has a value per output, as newer LyCORIS and PEFT write. A1111 takes every one for a value
/// per input. Requires: change_shape() accepts the shape.
bool is_dora_per_output(const AdapterModule& module, const Shape& weight);

}  // namespace darkroom::adapters
