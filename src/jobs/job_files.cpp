#include "jobs/job_files.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::jobs {

std::filesystem::path job_folder(const std::filesystem::path& output, const Job& job) {
  return output / "reports" / fmt::format("{:05}", job.number);
}

std::vector<std::string> job_files(const std::filesystem::path& output, const Job& job) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(job_folder(output, job), ignored))
    if (entry.is_regular_file(ignored) && !entry.is_symlink(ignored)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::filesystem::path job_file(const std::filesystem::path& output, const Job& job, const std::string& name) {
  const std::vector<std::string> names = job_files(output, job);
  // Compared with what is there rather than looked up: a name is never taken for a path.
  require(std::find(names.begin(), names.end(), name) != names.end(), ErrorKind::not_found, "job {} has no file {}",
          job.number, formats::in_quotes(name.substr(0, 100)));
  return job_folder(output, job) / name;
}

}  // namespace darkroom::jobs
