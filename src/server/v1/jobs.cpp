// Submitting jobs, watching and changing them.
#include <algorithm>

#include "base/build_id.h"
#include "formats/png.h"
#include "jobs/event_data.h"
#include "server/json_text.h"
#include "server/v1/endpoints.h"
#include "server/v1/submissions.h"

namespace darkroom::server::v1 {
namespace {

using jobs::Job;
using jobs::JobState;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::chrono::seconds kHeartbeat(15);

std::string whole_job(const Job& job, Context& context) {
  return jobs::job_data(job, context.store.pictures_of(job.id), context.queue.state_of(job.id));
}

Job known_job(const std::string& id, Context& context) {
  const auto job = context.store.job(id);
  require(job.has_value(), ErrorKind::not_found, "there is no job {}", id.substr(0, 100));
  return *job;
}

/// Nobody changes what somebody else started.
Job own_job(const Asked& asked, Context& context) {
  const Job job = known_job(asked.parts.at(0), context);
  require(job.owner == asked.user, ErrorKind::not_found, "job {} belongs to somebody else", job.number);
  return job;
}

std::vector<Job> to_come(const std::vector<JobState>& states, int limit, Context& context) {
  std::vector<Job> found;
  const auto has = [&](JobState state) { return std::find(states.begin(), states.end(), state) != states.end(); };
  if (has(JobState::running)) found = context.store.jobs({JobState::running}, limit);
  if (has(JobState::waiting))
    for (Job& job : context.store.waiting(limit)) found.push_back(std::move(job));
  return found;
}

ordered_json snapshot(Context& context) {
  ordered_json all = ordered_json::array();
  const auto add = [&](const Job& job) { all.push_back(ordered_json::parse(whole_job(job, context))); };
  for (const Job& job : context.store.jobs({JobState::running}, 10)) add(job);
  for (const Job& job : context.store.waiting(1000)) add(job);
  return {{"jobs", std::move(all)}, {"paused", context.queue.is_paused()}, {"residency", residency_json(context)}};
}

std::string event_text(int64_t id, const std::string& name, const std::string& data) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, name, data);
}

}  // namespace

Answer submit(const Asked& asked, Context& context) {
  const json body = object_of_body(asked.body);
  const std::string id = text_in(body, "id");
  if (!id.empty())
    if (const auto same = context.store.job(id)) return {.body = whole_job(*same, context)};
  const std::string kind = body.contains("kind") ? text_in(body, "kind") : "generate";
  Submission submission = submission_of(kind, body, context);
  Job job{.id = id,
          .kind = kind,
          .owner = asked.user,
          .title = submission.title.substr(0, 200),
          .request = std::move(submission.request)};
  const bool is_new = context.queue.submit(job, truth_in(body, "to_front"));
  return {.status = is_new ? 201 : 200, .body = whole_job(job, context)};
}

Answer jobs(const Asked& asked, Context& context) {
  std::vector<JobState> states;
  std::string names = asked.value("state", "waiting,running");
  while (!names.empty()) {
    const size_t comma = std::min(names.find(','), names.size());
    states.push_back(jobs::state_named(names.substr(0, comma)));
    names.erase(0, comma + 1);
  }
  const int limit = int(asked.number("limit", 100, 1, 1000));
  const std::string kind = asked.value("kind");
  std::vector<Job> found = context.store.jobs(states, limit, asked.number("before", 0, 0, INT64_MAX), kind);
  // What is still to come is asked for in its order: the running one, then those that wait.
  const bool is_to_come = std::none_of(states.begin(), states.end(), jobs::has_ended);
  if (is_to_come && kind.empty()) found = to_come(states, limit, context);
  ordered_json all = ordered_json::array();
  for (const Job& job : found) all.push_back(ordered_json::parse(whole_job(job, context)));
  return json_answer({{"jobs", std::move(all)}, {"paused", context.queue.is_paused()}});
}

Answer job(const Asked& asked, Context& context) {
  return {.body = whole_job(known_job(asked.parts.at(0), context), context)};
}

Answer cancel(const Asked& asked, Context& context) {
  const Job job = own_job(asked, context);
  context.queue.cancel(job.id);
  return {.body = whole_job(known_job(job.id, context), context)};
}

Answer skip(const Asked& asked, Context& context) {
  const Job job = own_job(asked, context);
  const auto running = context.queue.running();
  if (running && running->job == job.id) context.queue.skip();
  return {.body = whole_job(job, context)};
}

Answer move(const Asked& asked, Context& context) {
  const Job job = own_job(asked, context);
  const std::string to = text_in(object_of_body(asked.body), "to");
  using jobs::Move;
  const std::pair<const char*, Move> names[] = {
      {"front", Move::front}, {"up", Move::up}, {"down", Move::down}, {"back", Move::back}};
  for (const auto& [name, where] : names) {
    if (to != name) continue;
    context.queue.move(job.id, where);
    return json_answer(snapshot(context));
  }
  fail(ErrorKind::invalid_request, "move a job: to must be front, up, down or back, {} was given", to);
}

Answer preview(const Asked& asked, Context& context) {
  const auto running = context.queue.running();
  require(running && running->job == asked.parts.at(0) && running->preview, ErrorKind::not_found,
          "there is no preview of this job now");
  return {
      .body = formats::encode_png(*running->preview), .type = "image/png", .headers = {{"Cache-Control", "no-store"}}};
}

Answer pause(const Asked& asked, Context& context) {
  context.queue.pause(truth_in(object_of_body(asked.body), "paused"));
  return json_answer(snapshot(context));
}

Answer clear(const Asked& asked, Context& context) {
  return json_answer({{"cancelled", context.queue.cancel_waiting(asked.user)}});
}

Answer events(const Asked& asked, Context& context) {
  int64_t seen = -1;  // unknown to any log
  const auto last = asked.headers.find("last-event-id");
  if (last != asked.headers.end()) seen = std::atoll(last->second.c_str());
  const auto watch = [&context, seen](const Write& write) mutable {
    const ordered_json hello = {{"start_id", context.start_id},
                                {"build_id", build_id()},
                                {"time", jobs::now()},
                                {"last", context.events.last()}};
    if (!write(fmt::format("event: hello\ndata: {}\n\n", line_of(hello)))) return;
    while (!context.events.is_closed()) {
      const auto news = context.events.after(seen, kHeartbeat);
      std::string piece;
      if (!news) {
        seen = context.events.last();
        piece = event_text(seen, "snapshot", line_of(snapshot(context)));
      } else if (news->empty()) {
        piece = ": still here\n\n";
      }
      if (news)
        for (const jobs::Event& event : *news) piece += event_text(seen = event.id, event.name, event.data);
      if (!write(piece)) return;
    }
  };
  return {.type = "text/event-stream", .headers = {{"Cache-Control", "no-store"}}, .stream = watch};
}

}  // namespace darkroom::server::v1
