// The folder of training runs: drafts as they are typed, what runs leave, and records of runs made elsewhere.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "train/config.h"
#include "train/recorded_run.h"

namespace darkroom::server {

/// What somebody has chosen for a run. Kept as draft.json in its folder.
struct RunDraft {
  /// Option -> its values; files are named as in lists of the library, never by paths.
  train::ToldOptions options;
  std::string dataset, regularisation;  ///< datasets by name
  std::string prompts;                  ///< of sample pictures, one a line
  std::string note;
  std::string job;  ///< that trained it last
  double created = 0;
};

struct RunSample {
  std::string file;
  std::string label;  ///< as the trainer names them: "000200", "e000002", "last"
  int prompt = 0;
  int64_t seed = 0;
};

/// What happened in a run besides its steps, as the trainer wrote it down (train/training_log.h).
struct RunEvent {
  int64_t time = 0;  ///< seconds since 1970
  int64_t step = 0;  ///< done by then
  std::string kind, words;
};

/// Values of one curve.
struct RunSeries {
  std::vector<int64_t> steps;
  std::vector<double> values;
};

/// Thread-safe. Names of runs are as those of jobs (jobs::is_job_id()).
class Runs {
 public:
  explicit Runs(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  /// Newest first: folders with a draft or with what a trainer left.
  std::vector<std::string> names() const;
  /// Folder of a run that is there. Throws Error{not_found}.
  std::filesystem::path path(const std::string& run) const;

  /// Throws Error{invalid_request} where there is one of this name, or it cannot be a name.
  void add(const std::string& run, const RunDraft& draft) const;
  /// Of a run without one (made by `darkroom train`) what it recorded.
  RunDraft draft(const std::string& run) const;
  void save(const std::string& run, const RunDraft& draft) const;

  /// Options and end of a run, or of a record. Nothing while a run has not begun. Throws as read_recorded_run().
  std::optional<train::RecordedRun> recorded(const std::string& name) const;
  /// Curves by name, rows after step `after`.
  std::map<std::string, RunSeries> series(const std::string& run, int64_t after) const;
  /// The last `most` events, the newest last; rows that are none are left out.
  std::vector<RunEvent> events(const std::string& run, size_t most) const;
  std::vector<RunSample> samples(const std::string& run) const;
  std::filesystem::path sample_file(const std::string& run, const std::string& file) const;
  /// LoRA files, the last step's first.
  std::vector<std::filesystem::path> lora_files(const std::string& run) const;

  /// Options of a LoRA file, of kohya's JSON or TOML, kept under the file's name; or of a command line.
  std::vector<std::string> record_names() const;
  void add_record(const std::string& name, std::string_view content) const;
  void remove_record(const std::string& name) const;

 private:
  std::filesystem::path record_path(const std::string& name) const;

  std::filesystem::path folder_;
  mutable std::mutex mutex_;  ///< writing drafts
};

}  // namespace darkroom::server
