#include "layers/strips.h"

#include <algorithm>
#include <numeric>

namespace darkroom::layers {

std::vector<RowRange> strip_ranges(int64_t height, int64_t width, int64_t least) {
  const int64_t even = std::lcm(kTilePixels / std::gcd(kTilePixels, width), int64_t(2));
  const int64_t rows = (std::max<int64_t>(least, 1) + even - 1) / even * even;
  std::vector<RowRange> ranges;
  const int64_t count = std::max<int64_t>(1, (height + rows / 2) / rows);  // the last takes a small rest
  for (int64_t i = 0; i < count; ++i) ranges.push_back({i * rows, i + 1 < count ? rows : height - i * rows});
  return ranges;
}

void Strips::add(const Tensor& strip) {
  begins_.push_back(height_);
  height_ += strip.size(2);
  strips_.push_back(strip.contiguous(at::MemoryFormat::ChannelsLast));
}

void Strips::for_each_piece(RowRange range, const std::function<void(const Tensor&, int64_t)>& visit) const {
  for (size_t i = 0; i < strips_.size(); ++i) {
    const int64_t end = i + 1 < strips_.size() ? begins_[i + 1] : height_;
    const int64_t first = std::max(range.first, begins_[i]), last = std::min(range.end(), end);
    if (first >= last) continue;
    TORCH_CHECK(strips_[i].defined(), "strips: row ", first, " was let go");
    visit(strips_[i].narrow(2, first - begins_[i], last - first), first - range.first);
  }
}

Tensor Strips::rows(RowRange range) const {
  std::vector<Tensor> pieces;
  for_each_piece(range, [&](const Tensor& piece, int64_t) { pieces.push_back(piece); });
  return (pieces.size() == 1 ? pieces[0] : at::cat(pieces, 2)).contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor Strips::scaled_rows(RowRange range, const ChannelScaling& scaling, bool silu) const {
  const Tensor& any = strips_.back();
  const Tensor y = at::empty({1, any.size(1), range.count, any.size(3)}, any.options(), at::MemoryFormat::ChannelsLast);
  for_each_piece(range, [&](const Tensor& piece, int64_t place) {
    scale_rows(piece, scaling, silu, y.narrow(2, place, piece.size(2)));
  });
  return y;
}

void Strips::let_go_above(int64_t row) {
  for (size_t i = 0; i + 1 < strips_.size() && begins_[i + 1] <= row; ++i) strips_[i] = Tensor();
}

Tensor convolved_rows(const Conv2d& conv, RowRange range, int64_t height,
                      const std::function<Tensor(RowRange)>& window) {
  const int64_t first = std::max<int64_t>(0, range.first - kRowsAbove), end = std::min(height, range.end() + 1);
  // Where the window ends inside the picture, the zeros beyond spoil rows that are not wanted.
  return conv.forward(window({first, end - first})).narrow(2, range.first - first, range.count);
}

}  // namespace darkroom::layers
