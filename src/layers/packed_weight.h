// A weight as bf16 products read it: rounded once, in panels of columns, pairs of inputs side by side (Highway). Made
// when it is first needed and kept as long as the weight stays the same tensor.
#pragma once

#include <cstdint>

#include "base/tensor.h"

namespace darkroom::layers {

/// Which outputs stand in one panel: neighbours, or as many of the first half as of the second (GEGLU). Backwards, as
/// gradients go: outputs and inputs change places, and a convolution's taps come in reverse; then neighbours.
enum class PanelOrder { neighbours, halves, backwards };

/// Where things are in it: panel after panel, each in parts of `step` inputs: [taps][inputs / 2][columns][2] where
/// vectors are multiplied (kernels/bf16_product_kernel.h), else [taps][inputs / 32][2] tiles
/// (kernels/tile_product_kernel.h).
struct PanelShape {
  int64_t out, in, taps;    ///< of the product; taps: places of a convolution's kernel, row by row, else 1
  bool is_tiles;            ///< computes_in_tiles()
  int64_t columns, panels;  ///< of one panel; panels
  int64_t places;           ///< that stand there for each tap: inputs, filled up with zeros to whole tiles
  int64_t step;             ///< of these are added up before the next: their part of a panel fits a cache

  PanelShape(const Tensor& weight, PanelOrder order);
  int64_t panel_size() const;                        ///< numbers
  int64_t part(int64_t panel, int64_t place) const;  ///< where the part that begins at a place begins
  /// Where the pairs of inputs `in` and in + 1 of a tap begin for `column`, a multiple of 16, and the 15 after it.
  int64_t pairs(int64_t panel, int64_t tap, int64_t in, int64_t column) const;
};

class PackedWeight {
 public:
  /// The panels of `weight`, [out, in] or [out, in, k, k], which is_readable() (stored_weight.h); inputs, backwards the
  /// weight's outputs, are even: uint16_t numbers, packed anew if it is another tensor than last time, was changed in
  /// place, or was wanted in another order.
  const std::uint16_t* of(const Tensor& weight, PanelOrder order) const;

  /// Frees them.
  void clear() const;
  int64_t bytes() const;

 private:
  // What a weight makes, not what it is: a layer that may not change may make it.
  mutable Tensor weight_, panels_;
  mutable uint32_t version_ = 0;
  mutable PanelOrder order_ = PanelOrder::neighbours;
};

/// How many weights were packed since the program began: stands still in a loop of equal steps.
int64_t packed_weights();

}  // namespace darkroom::layers
