// How work that takes long is shown on a terminal, and how it is told in a log.
#pragma once

#include <cstdio>
#include <functional>
#include <map>
#include <string>

#include "base/progress.h"

namespace darkroom::cli {

/// Seconds since some fixed moment.
using Clock = std::function<double()>;
double steady_seconds();

/// On a terminal one line that is drawn over: a bar, seconds per step, time left. Elsewhere one line per stage.
class ProgressBar {
 public:
  /// `out` must outlive the bar.
  ProgressBar(std::FILE* out, bool is_terminal, Clock clock = steady_seconds);

  void show(const ProgressEvent& event);
  /// Removes the bar, so that something else can be printed.
  void clear();

  /// Seconds per step of a stage so far; 0 before its first step is done.
  double seconds_per_step(const std::string& stage = "sampling") const;

 private:
  struct Rate {
    double seconds = 0;  ///< spent in `steps` steps
    int steps = 0;
    int last_step = 0;
  };
  void draw(const ProgressEvent& event);

  std::FILE* out_;
  bool is_terminal_;
  Clock clock_;
  std::string stage_;
  size_t drawn_ = 0;
  double last_ = 0;  ///< when the last event arrived
  std::map<std::string, Rate> rates_;
};

}  // namespace darkroom::cli
