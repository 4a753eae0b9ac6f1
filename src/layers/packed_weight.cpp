#include "layers/packed_weight.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "layers/bf16_kernels.h"
#include "layers/kernels/bf16_product_kernel.h"
#include "layers/kernels/tile_product_kernel.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kTogether = 16;      // columns that are packed at a time
constexpr int64_t kMostPlaces = 2880;  // of a part, 360 KiB with 64 columns: half the second cache, and SD's 9 x 320
constexpr int64_t kMostTilePlaces = 640;  // of a part in tiles, beside as many of 512 rows and their sums

std::atomic<int64_t> packed{0};

int64_t rounded_up(int64_t value, int64_t to) {
  return (value + to - 1) / to * to;
}

/// The output that stands in a column of a panel; -1 where there is none.
int64_t output_of(int64_t panel, int64_t column, const PanelShape& shape, PanelOrder order) {
  if (order != PanelOrder::halves) {
    const int64_t output = panel * shape.columns + column;
    return output < shape.out ? output : -1;
  }
  const int64_t half = shape.columns / 2, place = panel * half + column % half;
  return place < shape.out / 2 ? place + column / half * (shape.out / 2) : -1;
}

/// Sixteen columns of a panel at a time, whose pairs fill a line of the cache.
void pack_columns(const Tensor& weight, const PanelShape& shape, PanelOrder order, std::uint16_t* to) {
  const int64_t together = std::min(kTogether, shape.columns), numbers = shape.in * shape.taps;
  at::parallel_for(0, shape.panels * (shape.columns / together), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> wide(static_cast<size_t>(numbers));
    std::vector<std::uint16_t> rounded(static_cast<size_t>(together * numbers));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t panel = i * together / shape.columns, column = i * together % shape.columns;
      for (int64_t c = 0; c < together; ++c) {
        const int64_t output = output_of(panel, column + c, shape, order);
        std::uint16_t* row = rounded.data() + c * numbers;
        if (output < 0) {
          std::fill_n(row, numbers, std::uint16_t(0));
        } else {
          widen(weight, output * numbers, numbers, wide.data());
          round_sums(wide.data(), nullptr, numbers, row);
        }
      }
      for (int64_t tap = 0; tap < shape.taps; ++tap) {
        for (int64_t k = 0; k < shape.in; k += 2) {
          const std::uint16_t* from = rounded.data() + k * shape.taps + tap;
          std::uint16_t* pairs = to + shape.pairs(panel, tap, k, column);
          for (int64_t c = 0; c < together; ++c) {
            pairs[2 * c] = from[c * numbers];
            pairs[2 * c + 1] = from[c * numbers + shape.taps];
          }
        }
        for (int64_t k = shape.in; k < shape.places; k += 2)
          std::fill_n(to + shape.pairs(panel, tap, k, column), 2 * together, std::uint16_t(0));
      }
    }
  });
}

/// Backwards a pair is two rows of the weight, whose numbers for all columns of a panel are neighbours there.
void pack_backwards(const Tensor& weight, const PanelShape& shape, std::uint16_t* to) {
  const int64_t taps = shape.taps, together = std::min(kTogether, shape.columns), pairs_each = shape.places / 2;
  at::parallel_for(0, shape.panels * pairs_each, 16, [&](int64_t begin, int64_t end) {
    std::vector<float> wide(static_cast<size_t>(shape.columns * taps));
    std::vector<std::uint16_t> rounded(static_cast<size_t>(2 * shape.columns * taps));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t panel = i / pairs_each, k = i % pairs_each * 2, column = panel * shape.columns;
      const int64_t used = k < shape.in ? std::min(shape.columns, shape.out - column) * taps : 0;
      for (int64_t one = 0; used > 0 && one < 2; ++one) {
        widen(weight, ((k + one) * shape.out + column) * taps, used, wide.data());
        round_sums(wide.data(), nullptr, used, rounded.data() + one * shape.columns * taps);
      }
      for (int64_t tap = 0; tap < taps; ++tap) {
        const std::uint16_t *a = rounded.data() + (taps - 1 - tap), *b = a + shape.columns * taps;
        for (int64_t first = 0; first < shape.columns; first += together) {
          std::uint16_t* pairs = to + shape.pairs(panel, tap, k, first);
          for (int64_t c = first; c < first + together; ++c, pairs += 2) {
            pairs[0] = c * taps < used ? a[c * taps] : 0;
            pairs[1] = c * taps < used ? b[c * taps] : 0;
          }
        }
      }
    }
  });
}

void pack(const Tensor& weight, const PanelShape& shape, PanelOrder order, std::uint16_t* to) {
  if (order == PanelOrder::backwards) return pack_backwards(weight, shape, to);
  pack_columns(weight, shape, order, to);
}

}  // namespace

PanelShape::PanelShape(const Tensor& weight, PanelOrder order)
    : out(weight.size(order == PanelOrder::backwards ? 1 : 0)),
      in(weight.size(order == PanelOrder::backwards ? 0 : 1)),
      taps(weight.dim() == 4 ? weight.size(2) * weight.size(3) : 1),
      is_tiles(computes_in_tiles()),
      columns(is_tiles ? 2 * kTileSide : pair_panel()),
      places(is_tiles ? rounded_up(in, kTilePlaces) : in) {
  TORCH_CHECK(in % 2 == 0 && (order != PanelOrder::halves || out % 2 == 0), "PanelShape: inputs come in pairs");
  const int64_t unit = is_tiles ? kTilePlaces : 2, most = is_tiles ? kMostTilePlaces : kMostPlaces;
  const int64_t parts = std::max<int64_t>(1, (places * taps + most - 1) / most);
  step = rounded_up((places + parts - 1) / parts, unit);
  panels = order == PanelOrder::halves ? (out / 2 + columns / 2 - 1) / (columns / 2) : (out + columns - 1) / columns;
}

int64_t PanelShape::panel_size() const {
  return columns * places * taps;
}

int64_t PanelShape::part(int64_t panel, int64_t place) const {
  return panel * panel_size() + columns * place * taps;
}

int64_t PanelShape::pairs(int64_t panel, int64_t tap, int64_t k, int64_t column) const {
  const int64_t first = k / step * step, place = tap * std::min(step, places - first) + k - first;
  if (!is_tiles) return part(panel, first) + place * columns + 2 * column;
  const int64_t tile = place / kTilePlaces * (columns / kTileSide) + column / kTileSide;
  return part(panel, first) + tile * kTileNumbers + place % kTilePlaces / 2 * kTilePlaces + column % kTileSide * 2;
}

const std::uint16_t* PackedWeight::of(const Tensor& weight, PanelOrder order) const {
  const uint32_t version = weight.is_inference() ? 0 : weight._version();
  if (!weight_.is_same(weight) || version_ != version || order_ != order || !panels_.defined()) {
    const PanelShape shape(weight, order);
    clear();
    const Tensor panels = at::empty({shape.panels * shape.panel_size()}, at::kBFloat16);
    pack(weight.contiguous(), shape, order, reinterpret_cast<std::uint16_t*>(panels.data_ptr<at::BFloat16>()));
    panels_ = panels, weight_ = weight, version_ = version, order_ = order;
    ++packed;
  }
  return reinterpret_cast<const std::uint16_t*>(panels_.data_ptr<at::BFloat16>());
}

void PackedWeight::clear() const {
  panels_ = weight_ = Tensor();
}

int64_t PackedWeight::bytes() const {
  return panels_.defined() ? int64_t(panels_.nbytes()) : 0;
}

int64_t packed_weights() {
  return packed;
}

}  // namespace darkroom::layers
