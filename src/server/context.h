// What every handler may use.
#pragma once

#include <filesystem>
#include <string>

#include "jobs/event_log.h"
#include "jobs/job_store.h"
#include "jobs/queue.h"
#include "jobs/residency.h"
#include "server/library.h"
#include "server/options.h"
#include "server/uploads.h"

namespace darkroom::server {

struct Trainings;

struct Context {
  jobs::JobStore& store;
  jobs::EventLog& events;
  jobs::Queue& queue;
  jobs::Residency& residency;
  Library& library;
  Options& options;
  Uploads& uploads;
  Trainings& trainings;
  std::filesystem::path output;  ///< pictures lie below
  std::string start_id;          ///< of this start of the server
};

}  // namespace darkroom::server
