// A picture inside a network as strips of whole rows, of which those that nobody needs any more are let go while the
// next picture is made of them: instead of two whole ones there is hardly more than one. What is computed is what would
// be computed of the whole.
#pragma once

#include <functional>
#include <vector>

#include "base/tensor.h"
#include "layers/conv2d.h"
#include "layers/fused_group_norm.h"

namespace darkroom::layers {

/// Rows first .. first + count of a picture.
struct RowRange {
  int64_t first = 0, count = 0;
  int64_t end() const { return first + count; }
};

/// The strips in which a picture of `height` rows of `width` pixels is made: some of at least `least` rows, so that the
/// sums of group norms come out as those of the whole.
std::vector<RowRange> strip_ranges(int64_t height, int64_t width, int64_t least);

class Strips {
 public:
  /// Puts a strip [1, C, rows, W] below what is there.
  void add(const Tensor& strip);

  int64_t height() const { return height_; }
  int64_t width() const { return strips_[0].size(3); }
  /// Requires: none was let go.
  const std::vector<Tensor>& all() const { return strips_; }

  /// Some rows, channels last, in one piece.
  Tensor rows(RowRange range) const;
  /// The same, normalised, and with `silu` SiLU of that.
  Tensor scaled_rows(RowRange range, const ChannelScaling& scaling, bool silu) const;
  /// Lets go of strips that lie wholly above this row.
  void let_go_above(int64_t row);

 private:
  /// Calls visit(rows of a strip, where in the range they begin) for what the range has of each strip.
  void for_each_piece(RowRange range, const std::function<void(const Tensor&, int64_t)>& visit) const;

  std::vector<Tensor> strips_;  // undefined where let go
  std::vector<int64_t> begins_;
  int64_t height_ = 0;
};

/// Rows of a 3 x 3 convolution's result, stride 1 and padding 1, of a picture of `height` rows. `window(rows)` answers
/// its input. The same bits as the whole where both are computed in the same way: tiles of winograd_conv.h begin at
/// even rows, so ranges must begin there, and small windows are left to oneDNN (conv2d.cpp).
Tensor convolved_rows(const Conv2d& conv, RowRange range, int64_t height,
                      const std::function<Tensor(RowRange)>& window);

/// What convolved_rows() looks at above a range.
inline constexpr int64_t kRowsAbove = 2;

}  // namespace darkroom::layers
