// How much memory there is for this process.
#pragma once

#include <cstdint>

namespace darkroom {

/// Bytes this process may have: those of the machine, or fewer where its control group has a limit. 0 where the system
/// does not say.
std::int64_t usable_memory();

}  // namespace darkroom
