// Jobs and pictures as the JSON that watchers and the API's clients get.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/job.h"
#include "jobs/queue.h"

namespace darkroom::jobs {

/// One line each. Text that is not UTF-8 has its bad bytes replaced.
std::string job_data(const Job& job, const std::vector<PictureRecord>& pictures,
                     const std::optional<RunningState>& progress);
std::string picture_data(const PictureRecord& picture);
std::string progress_data(const RunningState& state);
std::string preview_data(const RunningState& state);
/// The ids of those that wait, in their order, and whether they may start.
std::string queue_data(const std::vector<Job>& waiting, bool is_paused);
std::string warning_data(const std::string& job, const std::string& text);

}  // namespace darkroom::jobs
