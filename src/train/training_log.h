// What a run leaves to read: log.csv with one row per logged step, events.csv with what happened besides, and progress
// for whoever watches.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"

namespace darkroom::train {

using Scalars = std::vector<std::pair<std::string, double>>;

/// What happened in a run besides its steps.
struct TrainingEvent {
  int64_t step = 0;   ///< steps done by then
  std::string kind;   ///< "start", "state", "file", "samples", "validation", "rate", "warning" or "end"
  std::string words;  ///< for people: "Validation 0.1129 (was 0.1141)"; one line
};

class TrainingLog {
 public:
  /// Appends to output_dir/log.csv (made with a header line: step, seconds, name, value). Rows after `steps_done` are
  /// dropped, so that a resumed run does not log a step twice.
  TrainingLog(const std::filesystem::path& output_dir, int64_t steps_done, int64_t total_steps, Progress progress);

  /// One row per value.
  void add(int64_t step, const Scalars& values);

  /// Appends to output_dir/events.csv (made with a header line: time in seconds since 1970, step, kind, words), which
  /// keeps what happened before the run went on from an earlier step. Then tells who listens.
  void note(const TrainingEvent& event);
  void on_note(std::function<void(const TrainingEvent&)> listener) { listener_ = std::move(listener); }

  /// Tells the watcher, and may throw Error{cancelled} on its behalf.
  void report(const std::string& stage, int64_t step, const std::string& note);

 private:
  std::filesystem::path events_;
  std::ofstream csv_;
  int64_t total_steps_;
  Progress progress_;
  std::function<void(const TrainingEvent&)> listener_;
  double started_;  // seconds, steady clock
};

}  // namespace darkroom::train
