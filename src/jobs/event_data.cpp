#include "jobs/event_data.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "jobs/field_values.h"

namespace darkroom::jobs {
namespace {

using nlohmann::ordered_json;

std::string line_of(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json time_or_null(double time) {
  return time > 0 ? ordered_json(time) : ordered_json(nullptr);
}

/// Folders of this machine are nobody's business.
bool is_of_the_machine(const std::string& field) {
  return field == "lora_dir" || field == "embeddings_dir";
}

/// The fields that a kept request says, typed; null for a kind of job that has none.
ordered_json fields_of(const ordered_json& request) {
  const auto said = request.find("settings");
  if (!request.is_object() || said == request.end() || !said->is_object()) return nullptr;
  generate::Settings settings;
  for (const auto& [name, text] : said->items())
    if (text.is_string() && !is_of_the_machine(name)) settings[name] = text.get<std::string>();
  return field_values(settings);
}

ordered_json picture_json(const PictureRecord& picture) {
  const std::string address = fmt::format("/api/v1/pictures/{}", picture.id);
  return {{"id", picture.id},
          {"job", picture.job},
          {"index", picture.index},
          {"seed", picture.seed},
          {"width", picture.width},
          {"height", picture.height},
          {"created", picture.created},
          {"prompt", picture.prompt},
          {"url", address + "/file"},
          {"thumbnail", address + "/thumbnail"},
          {"infotext", picture.infotext},
          {"flag", picture.flag}};
}

ordered_json progress_json(const RunningState& state) {
  return {{"id", state.job},
          {"kind", state.kind},
          {"stage", state.stage},
          {"note", state.note},
          {"picture", state.picture + 1},
          {"pictures", state.pictures},
          {"step", state.step},
          {"steps", state.steps},
          {"seconds_per_step", state.seconds_per_step},
          {"seconds_left", state.seconds_per_step > 0 ? ordered_json(state.seconds_left()) : ordered_json(nullptr)}};
}

}  // namespace

std::string job_data(const Job& job, const std::vector<PictureRecord>& pictures,
                     const std::optional<RunningState>& progress) {
  ordered_json made = ordered_json::array();
  for (const PictureRecord& picture : pictures) made.push_back(picture_json(picture));
  const ordered_json request = ordered_json::parse(job.request, nullptr, /*allow_exceptions=*/false);
  return line_of({{"id", job.id},
                  {"number", job.number},
                  {"kind", job.kind},
                  {"state", state_name(job.state)},
                  {"title", job.title},
                  {"owner", job.owner},
                  {"created", job.created},
                  {"started", time_or_null(job.started)},
                  {"ended", time_or_null(job.ended)},
                  {"fields", request.is_discarded() ? ordered_json(nullptr) : fields_of(request)},
                  {"request", request.is_discarded() ? ordered_json(nullptr) : request},
                  {"pictures", std::move(made)},
                  {"progress", progress ? progress_json(*progress) : ordered_json(nullptr)},
                  {"error", job.error.empty() ? ordered_json(nullptr) : ordered_json(job.error)},
                  {"warnings", job.warnings}});
}

std::string picture_data(const PictureRecord& picture) {
  return line_of(picture_json(picture));
}

std::string progress_data(const RunningState& state) {
  return line_of(progress_json(state));
}

std::string preview_data(const RunningState& state) {
  return line_of({{"id", state.job},
                  {"picture", state.picture + 1},
                  {"step", state.step},
                  {"url", fmt::format("/api/v1/jobs/{}/preview?step={}", state.job, state.preview_id)}});
}

std::string queue_data(const std::vector<Job>& waiting, bool is_paused) {
  ordered_json order = ordered_json::array();
  for (const Job& job : waiting) order.push_back(job.id);
  return line_of({{"order", std::move(order)}, {"paused", is_paused}});
}

std::string warning_data(const std::string& job, const std::string& text) {
  return line_of({{"job", job}, {"text", text}});
}

}  // namespace darkroom::jobs
