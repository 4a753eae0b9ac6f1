// How one layer's weight is changed while an adapter is trained: the matrices that are learnt, and what they make of
// them. Sources of truth: sd-scripts, networks/lora.py; LyCORIS 3.1, lycoris/modules/loha.py, lokr.py, locon.py.
#pragma once

#include <memory>

#include "layers/conv2d.h"
#include "layers/linear.h"
#include "train/optimizers.h"
#include "train/training_options.h"

namespace darkroom::train {

/// A linear layer or a convolution, whichever is not null.
struct ChangedLayer {
  layers::Linear* linear = nullptr;
  layers::Conv2d* conv = nullptr;

  const Tensor& weight() const { return linear ? linear->weight : conv->weight; }
  /// x through the layer with another weight of the same kind, without bias.
  Tensor with_weight(const Tensor& x, const Tensor& weight) const;
};

class LayerChange {
 public:
  LayerChange(ChangedLayer layer, double alpha, double scale) : layer_(layer), alpha_(alpha), scale_(scale) {}
  virtual ~LayerChange() = default;

  /// What is learnt: leaves that want gradients, by what follows the module's name in a file ("lora_down.weight").
  virtual NamedTensors matrices() const = 0;
  /// What is added to the weight, in its shape.
  virtual Tensor weight_change() const = 0;
  /// What is added to the layer's output. Dropouts draw from `generator`; without one nothing is left out.
  virtual Tensor output_change(const Tensor& x, const LoraOptions& options, at::Generator& generator) const;
  /// Length of weight_change() as one vector.
  virtual double norm() const;
  /// Shrinks weight_change() to the share `factor` of itself.
  virtual void shrink(double factor) = 0;

  double alpha() const { return alpha_; }  ///< as it stands in the file
  double scale() const { return scale_; }  ///< what products of matrices are multiplied with

 protected:
  ChangedLayer layer_;
  double alpha_, scale_;
};

/// By options.algorithm and options.dora: of rank `dim`, with random values such that nothing is changed yet.
std::unique_ptr<LayerChange> make_layer_change(const LoraOptions& options, ChangedLayer layer, int64_t dim,
                                               double alpha, at::Generator& generator);

/// The two factors of `size` that LoKr builds its matrices from, smaller first: with factor > 0 that divides it, it and
/// the other; else the most square ones whose smaller is at most `factor` (-1: any).
std::pair<int64_t, int64_t> kronecker_factors(int64_t size, int64_t factor);

}  // namespace darkroom::train
