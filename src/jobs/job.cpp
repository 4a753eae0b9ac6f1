#include "jobs/job.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <random>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::jobs {
namespace {

constexpr std::string_view kStates[] = {"waiting", "running", "finished", "failed", "cancelled"};

}  // namespace

std::string_view state_name(JobState state) {
  return kStates[size_t(state)];
}

JobState state_named(std::string_view name) {
  const auto found = std::find(std::begin(kStates), std::end(kStates), name);
  require(found != std::end(kStates), ErrorKind::invalid_request,
          "a job's state is waiting, running, finished, failed or cancelled; {} was given", formats::in_quotes(name));
  return JobState(found - std::begin(kStates));
}

std::string drawn_id() {
  std::random_device device;
  std::string id;
  for (int i = 0; i < 3; ++i) id += fmt::format("{:08x}", device());
  return id;
}

bool is_job_id(std::string_view id) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.()").find(c) != std::string_view::npos;
  };
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), is_allowed);
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace darkroom::jobs
