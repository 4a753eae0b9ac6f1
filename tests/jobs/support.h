// A store and a queue in a folder of their own.
#pragma once

#include <functional>
#include <string>

#include "formats/support.h"
#include "jobs/queue.h"
#include "jobs/sqlite_store.h"

namespace darkroom::jobs {

inline Job small_job(const std::string& id, const std::string& kind = "test") {
  return {.id = id, .kind = kind, .title = "title of " + id, .request = "{}", .created = now()};
}

inline std::vector<std::string> ids_of(const std::vector<Job>& jobs) {
  std::vector<std::string> ids;
  for (const Job& job : jobs) ids.push_back(job.id);
  return ids;
}

}  // namespace darkroom::jobs
