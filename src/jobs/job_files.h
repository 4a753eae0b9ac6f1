// What a job leaves besides pictures: files of a folder of its own below the output folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "jobs/job.h"

namespace darkroom::jobs {

/// "reports/00012": by the number, which no client chooses.
std::filesystem::path job_folder(const std::filesystem::path& output, const Job& job);

/// The names of the files in it, sorted; none where there is no folder.
std::vector<std::string> job_files(const std::filesystem::path& output, const Job& job);

/// Where one of them lies. Throws Error{not_found} for every name that job_files() does not list.
std::filesystem::path job_file(const std::filesystem::path& output, const Job& job, const std::string& name);

}  // namespace darkroom::jobs
