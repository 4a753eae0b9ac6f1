// How far things are, and stopping them.
#include <algorithm>

#include "formats/png.h"
#include "server/base64.h"
#include "server/json_text.h"
#include "server/sdapi/endpoints.h"

namespace darkroom::server::sdapi {
namespace {

using jobs::RunningState;
using nlohmann::ordered_json;

ordered_json state_json(const std::optional<RunningState>& state) {
  if (!state)
    return {{"skipped", false}, {"interrupted", false}, {"stopping_generation", false},
            {"job", ""},        {"job_count", 0},       {"job_timestamp", "0"},
            {"job_no", 0},      {"sampling_step", 0},   {"sampling_steps", 0}};
  return {{"skipped", state->is_skipped},  {"interrupted", state->is_cancelled},
          {"stopping_generation", false},  {"job", state->job},
          {"job_count", state->pictures},  {"job_timestamp", fmt::format("{:.0f}", state->started)},
          {"job_no", state->picture},      {"sampling_step", state->step},
          {"sampling_steps", state->steps}};
}

/// A1111's: never 0 while something runs.
double share_done(const RunningState& state) {
  return std::min(1.0, 0.01 + state.done());
}

double seconds_left(const RunningState& state) {
  const double share = share_done(state), elapsed = jobs::now() - state.started;
  return elapsed / share - elapsed;
}

/// A1111's clients know of pictures only: what else runs is not theirs to stop.
bool is_own(const Asked& asked, const RunningState& state) {
  return state.owner == asked.user && state.kind != "training";
}

ordered_json preview_of(const std::optional<RunningState>& state, const char* front) {
  if (!state || !state->preview) return nullptr;
  return front + base64(formats::encode_png(*state->preview));
}

}  // namespace

Answer progress(const Asked& asked, Context& context) {
  const auto state = context.queue.running();
  const bool wants_picture = asked.value("skip_current_image") != "true" && asked.value("skip_current_image") != "1";
  return json_answer({{"progress", state ? share_done(*state) : 0},
                      {"eta_relative", state ? seconds_left(*state) : 0},
                      {"state", state_json(state)},
                      {"current_image", wants_picture ? preview_of(state, "") : ordered_json(nullptr)},
                      {"textinfo", state ? ordered_json(state->stage) : ordered_json(nullptr)}});
}

Answer internal_progress(const Asked& asked, Context& context) {
  const nlohmann::json body = object_of_body(asked.body);
  const std::string id = body.value("id_task", std::string());
  const int seen =
      body.contains("id_live_preview") && body["id_live_preview"].is_number() ? body["id_live_preview"].get<int>() : -1;
  const auto state = context.queue.running();
  const auto job = context.store.job(id);
  const bool is_active = state && state->job == id;
  const bool is_queued = job && job->state == jobs::JobState::waiting;
  const bool is_new = is_active && state->preview && state->preview_id != seen;
  const bool wants_picture = body.value("live_preview", true);
  return json_answer(
      {{"active", is_active},
       {"queued", is_queued},
       {"completed", job && jobs::has_ended(job->state)},
       {"progress", is_active ? ordered_json(share_done(*state)) : ordered_json(nullptr)},
       {"eta", is_active ? ordered_json(seconds_left(*state)) : ordered_json(nullptr)},
       {"live_preview", is_new && wants_picture ? preview_of(state, "data:image/png;base64,") : ordered_json(nullptr)},
       {"id_live_preview", is_active ? state->preview_id : seen},
       {"textinfo", is_active   ? state->stage
                    : is_queued ? "In queue..."
                                : "Waiting..."}});
}

Answer pending_tasks(const Asked&, Context& context) {
  ordered_json ids = ordered_json::array();
  for (const jobs::Job& job : context.store.waiting(10000)) ids.push_back(job.id);
  const size_t count = ids.size();
  return json_answer({{"size", count}, {"tasks", std::move(ids)}});
}

Answer ping(const Asked&, Context&) {
  return json_answer(ordered_json::object());
}

// Nobody stops what somebody else started.
Answer interrupt(const Asked& asked, Context& context) {
  const auto state = context.queue.running();
  if (state && is_own(asked, *state)) context.queue.cancel(state->job);
  return json_answer(ordered_json::object());
}

Answer skip(const Asked& asked, Context& context) {
  const auto state = context.queue.running();
  if (state && is_own(asked, *state)) context.queue.skip();
  return json_answer(nullptr);
}

}  // namespace darkroom::server::sdapi
