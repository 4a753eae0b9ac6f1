// Jobs of kind "training": a child process, `darkroom train`, trains into a folder of its own. A crash of one takes
// nothing of the other: a training that runs out of memory leaves the server and its queue, and one whose server is
// gone saves its state and ends.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "jobs/queue.h"

namespace darkroom::jobs {

/// What such a job keeps on disk.
struct TrainingJob {
  std::string run;                                          ///< name of its folder
  std::map<std::string, std::vector<std::string>> options;  ///< as told to `darkroom train`, without output_dir
};

std::string job_text(const TrainingJob& job);
/// Throws Error{corrupt_file} for text that job_text() did not write.
TrainingJob training_job(const std::string& text);

/// What people want of trainings that go on, until the job passes it to its process: "save" or "sample". Thread-safe.
class TrainingWishes {
 public:
  void add(const std::string& run, const std::string& wish);
  std::vector<std::string> take(const std::string& run);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> wishes_;
};

struct TrainingPlace {
  std::filesystem::path program;  ///< darkroom
  std::filesystem::path runs;     ///< each run has a folder in it, which is there when its job starts
  /// Whether a training stands still between two steps while shorter jobs run.
  std::function<bool()> lets_others_pass = [] { return true; };
  TrainingWishes* wishes = nullptr;  ///< none: nobody can wish
};

/// The arguments of the program for this job.
std::vector<std::string> training_arguments(const TrainingJob& job, const std::filesystem::path& runs);

/// Runs them. Ended from outside or with the program, a training finishes its step and saves its state; started again
/// it goes on from there, bit for bit. Tells watchers "training", twice a second at most: the step, how many events its
/// process has noted (files and samples are new with them), and the last batch of a step that it showed.
JobRunner training_runner(TrainingPlace place);

}  // namespace darkroom::jobs
