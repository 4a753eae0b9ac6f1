// Jobs of kind "merge": LoRA files become one, or part of a checkpoint; or one file another of its kind: stronger,
// weaker, smaller.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "jobs/queue.h"
#include "jobs/residency.h"

namespace darkroom::jobs {

inline constexpr std::array<const char*, 3> kMergeKinds = {"merge", "scale", "resize"};

struct MergeJob {
  struct File {
    std::string path;
    double weight = 1;
  };
  /// merge; scale: the first file's matrices with another alpha, or what it did at its weight at 1; resize: the nearest
  /// one of a smaller rank.
  std::string how = "merge";
  std::vector<File> files;
  double alpha = 0;      ///< of scale: written into every layer; 0 = it follows the weight
  std::string model;     ///< a checkpoint to merge them into; "" = into one LoRA file
  std::string output;    ///< the new file; must not exist
  int64_t rank = 0;      ///< of the new LoRA at most; 0 = the ranks add up, which is exact
  double keep = 1;       ///< share of each layer's change that is enough, 0 to 1
  bool is_fp32 = false;  ///< a checkpoint's numbers; else fp16
};

std::string job_text(const MergeJob& job);
/// Throws Error{corrupt_file} for text that job_text() did not write.
MergeJob merge_job(const std::string& text);

/// Throws Error{invalid_request}: nothing to merge, a file that is there already, options that go together badly or
/// change nothing.
void check(const MergeJob& job);

/// Runs them; merge.json in the job's folder says what came of it. The model in memory is let go first where a
/// checkpoint is written. `on_written` is called when the new file is there.
JobRunner merge_runner(Residency& residency, std::filesystem::path output, std::function<void()> on_written);

}  // namespace darkroom::jobs
