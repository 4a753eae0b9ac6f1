#include "layers/packed_weight.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "layers/kernels/bf16_product_kernel.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kMostPlaces = 2880;  // of a part, 360 KiB with 64 columns: half the second cache, and SD's 9 x 320

std::atomic<int64_t> packed{0};

int64_t rounded_up(int64_t value, int64_t to) {
  return (value + to - 1) / to * to;
}

/// The output that stands in a column of a panel; -1 where there is none.
int64_t output_of(int64_t panel, int64_t column, const PanelShape& shape, PanelOrder order) {
  const int64_t columns = pair_panel();
  if (order == PanelOrder::neighbours) {
    const int64_t output = panel * columns + column;
    return output < shape.out ? output : -1;
  }
  const int64_t half = columns / 2, place = panel * half + column % half;
  return place < shape.out / 2 ? place + column / half * (shape.out / 2) : -1;
}

void pack(const Tensor& weight, const PanelShape& shape, PanelOrder order, std::uint16_t* to) {
  const int64_t columns = pair_panel(), numbers = shape.in * shape.taps;
  at::parallel_for(0, shape.panels, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> wide(static_cast<size_t>(numbers));
    std::vector<std::uint16_t> rounded(static_cast<size_t>(numbers));
    for (int64_t i = begin * columns; i < end * columns; ++i) {
      const int64_t panel = i / columns, column = i % columns, output = output_of(panel, column, shape, order);
      if (output < 0) {
        std::fill(rounded.begin(), rounded.end(), std::uint16_t(0));
      } else {
        widen(weight, output * numbers, numbers, wide.data());
        round_sums(wide.data(), nullptr, numbers, rounded.data());
      }
      for (int64_t first = 0; first < shape.in; first += shape.step) {
        std::uint16_t* part = to + shape.part(panel, first) + 2 * column;
        const int64_t count = std::min(shape.step, shape.in - first);
        for (int64_t tap = 0; tap < shape.taps; ++tap, part += count * columns) {
          const std::uint16_t* from = rounded.data() + first * shape.taps + tap;
          for (int64_t k = 0; k < count; k += 2) {
            part[k * columns] = from[k * shape.taps];
            part[k * columns + 1] = from[(k + 1) * shape.taps];
          }
        }
      }
    }
  });
}

}  // namespace

PanelShape::PanelShape(const Tensor& weight, PanelOrder order)
    : out(weight.size(0)), in(weight.size(1)), taps(weight.dim() == 4 ? weight.size(2) * weight.size(3) : 1) {
  TORCH_CHECK(in % 2 == 0 && (order == PanelOrder::neighbours || out % 2 == 0), "PanelShape: inputs come in pairs");
  const int64_t parts = std::max<int64_t>(1, (in * taps + kMostPlaces - 1) / kMostPlaces);
  step = rounded_up((in + parts - 1) / parts, 2);
  panels = order == PanelOrder::neighbours ? (out + pair_panel() - 1) / pair_panel()
                                           : (out / 2 + pair_panel() / 2 - 1) / (pair_panel() / 2);
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
