// What a run leaves to read: log.csv with one row per logged step, and progress for whoever watches.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"

namespace darkroom::train {

using Scalars = std::vector<std::pair<std::string, double>>;

class TrainingLog {
 public:
  /// Appends to output_dir/log.csv (made with a header line: step, seconds, name, value). Rows after `steps_done` are
  /// dropped, so that a resumed run does not log a step twice.
  TrainingLog(const std::filesystem::path& output_dir, int64_t steps_done, int64_t total_steps, Progress progress);

  /// One row per value.
  void add(int64_t step, const Scalars& values);

  /// Tells the watcher, and may throw Error{cancelled} on its behalf.
  void report(const std::string& stage, int64_t step, const std::string& note);

 private:
  std::ofstream csv_;
  int64_t total_steps_;
  Progress progress_;
  double started_;  // seconds, steady clock
};

}  // namespace darkroom::train
