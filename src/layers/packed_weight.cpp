#include "layers/packed_weight.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "layers/bf16_kernels.h"
#include "layers/bf16_numbers.h"
#include "layers/kernels/bf16_product_kernel.h"
#include "layers/kernels/tile_product_kernel.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kTogether = 16;         // columns that are packed at a time
constexpr int64_t kMostPlaces = 2880;     // of a part, 360 KiB with 64 columns: half the second cache, and SD's 9 x 320
constexpr int64_t kMostTilePlaces = 640;  // of a part in tiles, beside as many of 512 rows and their sums

std::atomic<int64_t> packed{0};

/// The output that stands in a column of a panel; -1 where there is none.
int64_t output_of(int64_t panel, int64_t column, const PanelShape& shape, PanelOrder order) {
  if (order != PanelOrder::halves) {
    const int64_t output = panel * shape.columns + column;
    return output < shape.out ? output : -1;
  }
  const int64_t half = shape.columns / 2, place = panel * half + column % half;
  return place < shape.out / 2 ? place + column / half * (shape.out / 2) : -1;
}

/// Numbers first .. first + count of a weight, rounded.
void round_stored(const Tensor& weight, int64_t first, int64_t count, std::uint16_t* to) {
  if (weight.scalar_type() == at::kBFloat16) {
    std::copy_n(bf16_data(weight) + first, count, to);
    return;
  }
  int64_t done = 0;
  if (weight.scalar_type() == at::kHalf)
    done = round_halves(reinterpret_cast<const std::uint16_t*>(weight.data_ptr<at::Half>()) + first, count, to);
  constexpr int64_t kSome = 2048;  // of fp32, in the first cache
  float wide[kSome];
  for (; done < count; done += kSome) {
    const int64_t some = std::min(kSome, count - done);
    widen(weight, first + done, some, wide);
    round_sums(wide, nullptr, some, to + done);
  }
}

/// Calls each(first, count) for the pieces of a panel that are lines in a row: of a tile, or of a part.
template <typename Each>
void for_pieces(const PanelShape& shape, const Each& each) {
  const int64_t most = shape.is_tiles ? kTilePlaces : shape.step;
  for (int64_t first = 0; first < shape.places; first += most) each(first, std::min(most, shape.places - first));
}

/// Numbers from one line of pairs to the next of a piece.
int64_t line_of(const PanelShape& shape) {
  return shape.is_tiles ? kTilePlaces : 2 * shape.columns;
}

/// Memory that each thread keeps: it would come anew from the system each time.
std::vector<std::uint16_t>& scratch_of_thirds(int64_t size) {
  thread_local std::vector<std::uint16_t> thirds;
  thirds.resize(size_t(size));
  return thirds;
}

/// Numbers [count][taps] become [taps][count], `apart` numbers from tap to tap; reversed: the last tap first.
void part_taps(std::uint16_t* numbers, int64_t count, int64_t taps, bool reversed, std::uint16_t* to, int64_t apart) {
  if (taps == 9) {  // a third of a third each
    std::vector<std::uint16_t>& thirds = scratch_of_thirds(9 * count);
    part_thirds(numbers, 3 * count, thirds.data(), 3 * count);
    for (int64_t column = 0; column < 3; ++column) {
      part_thirds(thirds.data() + column * 3 * count, count, numbers, count);
      for (int64_t row = 0; row < 3; ++row) {
        const int64_t tap = 3 * row + column;
        std::copy_n(numbers + row * count, count, to + (reversed ? 8 - tap : tap) * apart);
      }
    }
    return;
  }
  for (int64_t tap = 0; tap < taps; ++tap) {
    std::uint16_t* one = to + (reversed ? taps - 1 - tap : tap) * apart;
    for (int64_t i = 0; i < count; ++i) one[i] = numbers[i * taps + tap];
  }
}

/// What a thread packs with: kept, as their memory would come anew from the system each time.
struct Scratch {
  std::vector<std::uint16_t> row, rows;
};

Scratch& scratch_of_thread(int64_t row, int64_t rows) {
  thread_local Scratch scratch;
  scratch.row.resize(size_t(row));
  scratch.rows.resize(size_t(rows));
  return scratch;
}

/// Sixteen columns of a panel at a time, whose pairs fill a line of the cache.
void pack_columns(const Tensor& weight, const PanelShape& shape, PanelOrder order, std::uint16_t* to) {
  const int64_t together = std::min(kTogether, shape.columns), numbers = shape.in * shape.taps;
  const int64_t filled = shape.places * shape.taps, line = line_of(shape);
  at::parallel_for(0, shape.panels * (shape.columns / together), 1, [&](int64_t begin, int64_t end) {
    Scratch& scratch = scratch_of_thread(numbers, together * filled);  // rows: [column][tap][place]
    for (int64_t i = begin; i < end; ++i) {
      const int64_t panel = i * together / shape.columns, column = i * together % shape.columns;
      for (int64_t c = 0; c < together; ++c) {
        const int64_t output = output_of(panel, column + c, shape, order);
        std::uint16_t* rows = scratch.rows.data() + c * filled;
        if (output < 0 || shape.places > shape.in) std::fill_n(rows, filled, std::uint16_t(0));
        if (output < 0) continue;
        round_stored(weight, output * numbers, numbers, shape.taps == 1 ? rows : scratch.row.data());
        if (shape.taps > 1) part_taps(scratch.row.data(), shape.in, shape.taps, /*reversed=*/false, rows, shape.places);
      }
      for (int64_t tap = 0; tap < shape.taps; ++tap) {
        for_pieces(shape, [&](int64_t first, int64_t count) {
          turn_pairs(scratch.rows.data() + tap * shape.places + first, filled, together, count / 2,
                     to + shape.pairs(panel, tap, first, column), line);
        });
      }
    }
  });
}

/// Backwards a pair is two rows of the weight, whose numbers for all columns are neighbours there: some rows at a time.
void pack_backwards(const Tensor& weight, const PanelShape& shape, std::uint16_t* to) {
  const int64_t numbers = shape.out * shape.taps, together = std::min(kTogether, shape.columns);
  const int64_t filled = shape.panels * shape.columns, blocks = (shape.places + kTilePlaces - 1) / kTilePlaces;
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    // rows: [place][tap][column]
    Scratch& scratch = scratch_of_thread(numbers, kTilePlaces * shape.taps * filled);
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * kTilePlaces, count = std::min(kTilePlaces, shape.places - first);
      for (int64_t k = 0; k < count; ++k) {
        std::uint16_t* rows = scratch.rows.data() + k * shape.taps * filled;
        const bool is_there = first + k < shape.in;
        if (!is_there || filled > shape.out) std::fill_n(rows, shape.taps * filled, std::uint16_t(0));
        if (!is_there) continue;
        round_stored(weight, (first + k) * numbers, numbers, shape.taps == 1 ? rows : scratch.row.data());
        if (shape.taps > 1) part_taps(scratch.row.data(), shape.out, shape.taps, /*reversed=*/true, rows, filled);
      }
      for (int64_t column = 0; column < filled; column += together) {
        for (int64_t tap = 0; tap < shape.taps; ++tap) {
          // A tile has lines in a row; of a part, whose end may come between, each is looked up.
          const int64_t at_once = shape.is_tiles ? count : 2;
          for (int64_t k = 0; k < count; k += at_once)
            zip_rows(scratch.rows.data() + (k * shape.taps + tap) * filled + column, shape.taps * filled, at_once / 2,
                     together, to + shape.pairs(column / shape.columns, tap, first + k, column % shape.columns),
                     kTilePlaces);
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
