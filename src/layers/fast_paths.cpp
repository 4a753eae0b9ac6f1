#include "layers/fast_paths.h"

namespace darkroom::layers {
namespace {

bool is_on = true;

}  // namespace

void set_fast_paths(bool on) {
  is_on = on;
}

bool fast_paths() {
  return is_on;
}

}  // namespace darkroom::layers
