// The line between a training and the server that started it as a process of its own (jobs/training_job.h).
// It says, one JSON object a line on standard output: {"stage", "step", "total", "note"}, {"log"}, {"warning"},
// {"paused": true}, {"plan": {...}}, {"event": {"step", "kind", "words"}}, {"batch": {"step", "pictures"}}, {"error"}.
// It hears on standard input: "pause", "go on", "stop", and "save" and "sample", which are wishes for the next step's
// end; the end of input means that the server is gone, and is a stop.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/progress.h"
#include "train/lora_run.h"

namespace darkroom::cli {

class JobLine {
 public:
  /// Log lines go to the line while it lives.
  JobLine();
  ~JobLine();
  JobLine(const JobLine&) = delete;
  JobLine& operator=(const JobLine&) = delete;

  /// Says how far the work is, and does what it was told meanwhile: stands still until it may go on, or throws
  /// Error{cancelled}.
  void show(const ProgressEvent& event);
  /// What was wished since it was last asked. Does not wait.
  train::LoraWishes take_wishes();
  /// Says that files of the run are new, and why.
  void note(const train::TrainingEvent& event);
  /// Says what a step was made with, twice a second at most: by dataset, folder and name of each picture.
  void show_batch(int64_t step, const std::vector<train::BatchPicture>& pictures);
  /// `json` under this name.
  void give(std::string_view name, const std::string& json);
  void fail(const std::string& message);

 private:
  /// Reads what has come, or waits until something has; whole lines become wishes or orders.
  void listen(bool waits);
  /// The next order. Without `waits`, "" if there is none yet. The end of input is "stop".
  std::string next_order(bool waits);

  std::string heard_;
  std::deque<std::string> orders_;
  train::LoraWishes wishes_;
  LogSink sink_before_;
  std::chrono::steady_clock::time_point batch_shown_;
};

}  // namespace darkroom::cli
