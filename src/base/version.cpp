#include "base/version.h"

namespace darkroom {

std::string_view version() {
  return DARKROOM_VERSION;
}

}  // namespace darkroom
