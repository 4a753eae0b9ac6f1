// Strict filling of one network from the tensors of its part of a file.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/detect.h"
#include "layers/module.h"
#include "models/names.h"

namespace darkroom::checkpoint {

/// What strict loading found wrong in a whole file; empty = every tensor used, every parameter filled.
struct Mismatch {
  std::vector<std::string> missing;      ///< parameters no tensor fills, by the name the file should have
  std::vector<std::string> unused;       ///< tensors nothing takes
  std::vector<std::string> wrong_shape;  ///< "name (file [1, 2], model [3])"

  bool empty() const { return missing.empty() && unused.empty() && wrong_shape.empty(); }
};

/// Throws Error{corrupt_file} that lists the first few of each kind with their counts, unless empty.
void require_match(const Mismatch& mismatch);

/// Our parameter name -> where it lies in the part.
using Naming = std::function<models::StoredName(std::string_view)>;

struct FillOptions {
  at::ScalarType dtype = at::kFloat;
  bool writable = false;
  /// Matrices and kernels in fp16 or bf16 stay so where fp32 is wanted: layers widen them when they compute
  /// (layers/stored_weight.h). Where bf16 is wanted they stay in any of the three: layers round them as they pack them
  /// (layers/packed_weight.h). Vectors are few and needed as they are.
  bool keep_half = false;
};

/// Fills every parameter of `network` and adds what is wrong to `mismatch`, names with `prefix` in front. Tensors of
/// the wanted type stay in the mapped file unless options.writable. A linear layer's matrix and a 1x1 convolution's
/// kernel fill each other: files differ in that for the VAE's attention and the UNet's projections.
void fill(layers::Module& network, const PartTensors& tensors, const Naming& naming, const std::string& prefix,
          const FillOptions& options, Mismatch& mismatch);

}  // namespace darkroom::checkpoint
