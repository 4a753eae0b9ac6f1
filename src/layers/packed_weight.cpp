#include "layers/packed_weight.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "layers/kernels/bf16_product_kernel.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kTogether = 16;      // columns that are packed at a time
constexpr int64_t kMostPlaces = 2880;  // of a part, 360 KiB with 64 columns: half the second cache, and SD's 9 x 320

std::atomic<int64_t> packed{0};

int64_t rounded_up(int64_t value, int64_t to) {
  return (value + to - 1) / to * to;
}

/// The output that stands in a column of a panel; -1 where there is none.
int64_t output_of(int64_t panel, int64_t column, const PanelShape& shape, PanelOrder order) {
  const int64_t columns = pair_panel();
  if (order != PanelOrder::halves) {
    const int64_t output = panel * columns + column;
    return output < shape.out ? output : -1;
  }
  const int64_t half = columns / 2, place = panel * half + column % half;
  return place < shape.out / 2 ? place + column / half * (shape.out / 2) : -1;
}

/// Sixteen columns of a panel at a time, whose pairs fill a line of the cache.
void pack_columns(const Tensor& weight, const PanelShape& shape, PanelOrder order, std::uint16_t* to) {
  const int64_t columns = pair_panel(), together = std::min(kTogether, columns), numbers = shape.in * shape.taps;
  at::parallel_for(0, shape.panels * (columns / together), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> wide(static_cast<size_t>(numbers));
    std::vector<std::uint16_t> rounded(static_cast<size_t>(together * numbers));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t panel = i * together / columns, column = i * together % columns;
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
      for (int64_t first = 0; first < shape.in; first += shape.step) {
        std::uint16_t* part = to + shape.part(panel, first) + 2 * column;
        const int64_t count = std::min(shape.step, shape.in - first);
        for (int64_t tap = 0; tap < shape.taps; ++tap) {
          const std::uint16_t* from = rounded.data() + first * shape.taps + tap;
          for (int64_t k = 0; k < count; k += 2, from += 2 * shape.taps, part += 2 * columns) {
            for (int64_t c = 0; c < together; ++c) {
              part[2 * c] = from[c * numbers];
              part[2 * c + 1] = from[c * numbers + shape.taps];
            }
          }
        }
      }
    }
  });
}

/// Backwards a pair is two rows of the weight, whose numbers for all columns of a panel are neighbours there.
void pack_backwards(const Tensor& weight, const PanelShape& shape, std::uint16_t* to) {
  const int64_t columns = pair_panel(), taps = shape.taps, steps = (shape.in + shape.step - 1) / shape.step;
  at::parallel_for(0, shape.panels * steps, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> wide(static_cast<size_t>(columns * taps));
    std::vector<std::uint16_t> rounded(static_cast<size_t>(2 * columns * taps));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = i / steps * columns, used = std::min(columns, shape.out - column) * taps;
      const int64_t first = i % steps * shape.step, count = std::min(shape.step, shape.in - first);
      std::uint16_t* part = to + shape.part(i / steps, first);
      for (int64_t k = 0; k < count; k += 2) {
        for (int64_t one = 0; one < 2; ++one) {
          widen(weight, ((first + k + one) * shape.out + column) * taps, used, wide.data());
          round_sums(wide.data(), nullptr, used, rounded.data() + one * columns * taps);
        }
        for (int64_t tap = 0; tap < taps; ++tap) {
          const std::uint16_t *a = rounded.data() + (taps - 1 - tap), *b = a + columns * taps;
          std::uint16_t* pairs = part + (tap * count + k) * columns;
          for (int64_t c = 0; c < columns; ++c) {
            pairs[2 * c] = c * taps < used ? a[c * taps] : 0;
            pairs[2 * c + 1] = c * taps < used ? b[c * taps] : 0;
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
      taps(weight.dim() == 4 ? weight.size(2) * weight.size(3) : 1) {
  TORCH_CHECK(in % 2 == 0 && (order != PanelOrder::halves || out % 2 == 0), "PanelShape: inputs come in pairs");
  const int64_t parts = std::max<int64_t>(1, (in * taps + kMostPlaces - 1) / kMostPlaces);
  step = rounded_up((in + parts - 1) / parts, 2);
  panels = order == PanelOrder::halves ? (out / 2 + pair_panel() / 2 - 1) / (pair_panel() / 2)
                                       : (out + pair_panel() - 1) / pair_panel();
}

int64_t PanelShape::panel_size() const {
  return pair_panel() * in * taps;
}

int64_t PanelShape::part(int64_t panel, int64_t in) const {
  return panel * panel_size() + pair_panel() * in * taps;
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
