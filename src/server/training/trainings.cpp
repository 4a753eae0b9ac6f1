#include "server/training/trainings.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "jobs/child_process.h"

namespace darkroom::server {

using nlohmann::ordered_json;

std::string training_plan(Trainings& trainings, const jobs::TrainingJob& job, bool probes) {
  constexpr std::chrono::milliseconds kPatience(100);
  constexpr std::chrono::minutes kLongest(10);
  const int64_t number = ++trainings.asked;
  const std::lock_guard lock(trainings.planning);
  std::vector<std::string> arguments = jobs::training_arguments(job, trainings.runs.folder());
  arguments.push_back("--dry-run");
  if (!probes) arguments.push_back("--no-probe");
  jobs::ChildProcess child({.program = trainings.program, .arguments = arguments, .niceness = 5});
  const auto until = std::chrono::steady_clock::now() + kLongest;
  std::string plan, refusal;
  for (auto heard = child.hear(kPatience); !heard.has_ended; heard = child.hear(kPatience)) {
    // The destructor ends the child.
    require(trainings.asked == number, ErrorKind::cancelled, "plan {}: another plan was asked for", job.run);
    require(std::chrono::steady_clock::now() < until, ErrorKind::internal, "plan {}: it takes more than 10 minutes",
            job.run);
    const auto said = heard.line ? ordered_json::parse(*heard.line, nullptr, false) : ordered_json();
    if (said.is_object() && said.contains("plan")) plan = said["plan"].dump();
    if (said.is_object() && said.contains("error")) refusal = said["error"].is_string() ? said["error"] : "";
  }
  const int code = child.wait();
  require(refusal.empty(), ErrorKind::invalid_request, "{}", refusal);
  require(code == 0 && !plan.empty(), ErrorKind::internal, "plan {}: its process ended with code {}: {}", job.run, code,
          child.complaints());
  return plan;
}

}  // namespace darkroom::server
