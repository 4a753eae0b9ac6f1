#include "layers/circular_padding.h"

namespace darkroom::layers {
namespace {

bool is_on = false;

}  // namespace

CircularPadding::CircularPadding(bool on) : before_(is_on) {
  is_on = on;
}

CircularPadding::~CircularPadding() {
  is_on = before_;
}

bool pads_circularly() {
  return is_on;
}

}  // namespace darkroom::layers
