#include "layers/strips.h"

#include <gtest/gtest.h>

#include "layers/norm.h"

namespace darkroom::layers {
namespace {

Tensor with_channels_last(const Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

Strips cut(const Tensor& whole, const std::vector<RowRange>& ranges) {
  Strips strips;
  for (const RowRange& range : ranges) strips.add(whole.narrow(2, range.first, range.count).clone());
  return strips;
}

Tensor joined(const Strips& strips) {
  return strips.rows({0, strips.height()});
}

TEST(Strips, RangesCoverThePictureInEvenPiecesOfWholeTiles) {
  for (const int64_t width : {8, 40, 65, 130, 512}) {
    for (const int64_t height : {1, 7, 64, 96, 100, 511, 1024}) {
      const std::vector<RowRange> ranges = strip_ranges(height, width, 16);
      int64_t next = 0;
      for (size_t i = 0; i < ranges.size(); ++i) {
        EXPECT_EQ(ranges[i].first, next);
        EXPECT_EQ(ranges[i].first % 2, 0);
        if (i + 1 < ranges.size()) {
          EXPECT_EQ(ranges[i].count * width % kTilePixels, 0) << width << " x " << height;
          EXPECT_GE(ranges[i].count, 16);
        }
        next = ranges[i].end();
      }
      EXPECT_EQ(next, height);
    }
  }
  EXPECT_EQ(strip_ranges(512, 512, 64).size(), 8u);
}

TEST(Strips, RowsAreThoseOfTheWhole) {
  const Tensor whole = with_channels_last(at::randn({1, 8, 40, 32}));
  const Strips strips = cut(whole, {{0, 16}, {16, 8}, {24, 16}});
  EXPECT_EQ(strips.height(), 40);
  for (const RowRange range : {RowRange{0, 40}, {3, 2}, {15, 10}, {24, 16}})
    EXPECT_TRUE(strips.rows(range).equal(whole.narrow(2, range.first, range.count)));
}

TEST(Strips, WhatWasLetGoIsNotThere) {
  Strips strips = cut(with_channels_last(at::randn({1, 8, 32, 32})), {{0, 16}, {16, 16}});
  strips.let_go_above(15);
  EXPECT_EQ(strips.rows({0, 32}).size(2), 32);
  strips.let_go_above(16);
  EXPECT_EQ(strips.rows({16, 16}).size(2), 16);
  EXPECT_THROW(strips.rows({15, 2}), c10::Error);
}

TEST(Strips, NormsHaveTheStatisticsOfTheWhole) {
  const NoGrad guard;
  at::manual_seed(5);
  GroupNorm norm(4, 24, 1e-6);
  for (auto& [name, tensor] : norm.named_parameters()) tensor->normal_();
  // Rows differ, so that a strip's own statistics would be others.
  const Tensor whole = with_channels_last(at::randn({1, 24, 48, 32}) * at::arange(1, 49).view({1, 1, 48, 1}) + 3);
  const Strips strips = cut(whole, {{0, 16}, {16, 24}, {40, 8}});
  const ChannelScaling scaling = norm.scaling(strips.all());
  EXPECT_TRUE(strips.scaled_rows({0, 48}, scaling, false).equal(norm.forward(whole)));
  EXPECT_TRUE(strips.scaled_rows({9, 20}, scaling, true).equal(norm.silu(whole).narrow(2, 9, 20)));
}

TEST(Strips, ConvolutionsOfRowsAreRowsOfTheConvolution) {
  const NoGrad guard;
  for (const int64_t height : {64, 37}) {
    Conv2d conv(32, 64, 3, 1, 1);
    for (auto& [name, tensor] : conv.named_parameters()) tensor->normal_();
    const Tensor whole = with_channels_last(at::randn({1, 32, height, 32}));
    const Strips strips = cut(whole, {{0, 16}, {16, height - 16}});
    Strips y;
    for (const RowRange& range : strip_ranges(height, 32, 16))
      y.add(convolved_rows(conv, range, height, [&](RowRange rows) { return strips.rows(rows); }));
    EXPECT_TRUE(joined(y).equal(conv.forward(whole))) << height;
  }
}

}  // namespace
}  // namespace darkroom::layers
