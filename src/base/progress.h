// What long work reports. The program decides how to show it (a bar, an event) and may stop the work by throwing
// Error{cancelled} from the callback.
#pragma once

#include <functional>
#include <string>

namespace darkroom {

struct ProgressEvent {
  std::string stage;  ///< what is going on, e.g. "sampling"
  int step = 0;       ///< steps done so far, 0..total
  int total = 0;      ///< 0 = unknown
  std::string note;   ///< more about this step, e.g. "loss 0.123"; may be empty
};

using Progress = std::function<void(const ProgressEvent&)>;

inline void ignore_progress(const ProgressEvent&) {}

}  // namespace darkroom
