// Pictures that tile: convolutions see the opposite edge where they would see zeros.
// Source of truth: A1111, modules/sd_hijack.py apply_circular (padding_mode "circular" in every Conv2d).
#pragma once

namespace darkroom::layers {

/// While one that is `on` lives, every Conv2d of the program pads by wrapping around, in both directions. Not
/// thread-safe: one run at a time, as all computing.
class CircularPadding {
 public:
  explicit CircularPadding(bool on);
  ~CircularPadding();
  CircularPadding(const CircularPadding&) = delete;
  CircularPadding& operator=(const CircularPadding&) = delete;

 private:
  bool before_;
};

bool pads_circularly();

}  // namespace darkroom::layers
