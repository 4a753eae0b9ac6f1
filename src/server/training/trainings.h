// What handlers of the Train page share.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>

#include "jobs/training_job.h"
#include "server/training/datasets.h"
#include "server/training/runs.h"

namespace darkroom::server {

struct Trainings {
  std::filesystem::path program;  ///< darkroom: trains and plans in processes of its own
  Runs runs;
  Datasets datasets;
  jobs::TrainingWishes wishes = {};

  std::mutex planning = {};        ///< one plan at a time
  std::atomic<int64_t> asked = 0;  ///< plans asked for so far: who is not the last gives up
};

/// What `darkroom train --dry-run --json` says of a job. `probes`: two steps are timed. Runs in a process of its own;
/// throws Error{cancelled} when another plan is asked for meanwhile, and what the dry run refuses as
/// Error{invalid_request}.
std::string training_plan(Trainings& trainings, const jobs::TrainingJob& job, bool probes);

}  // namespace darkroom::server
