// What jobs leave besides pictures, and what they would cost before they are submitted.
#include "formats/mapped_file.h"
#include "jobs/job_files.h"
#include "lab/sample_world.h"
#include "server/json_text.h"
#include "server/v1/endpoints.h"
#include "server/v1/submissions.h"

namespace darkroom::server::v1 {
namespace {

using nlohmann::ordered_json;

jobs::Job job_in(const Asked& asked, const Context& context) {
  const auto job = context.store.job(asked.parts.at(0));
  require(job.has_value(), ErrorKind::not_found, "there is no job {}", asked.parts.at(0).substr(0, 100));
  return *job;
}

const char* type_of(const std::string& name) {
  constexpr std::pair<const char*, const char*> kTypes[] = {{".json", "application/json"},
                                                            {".svg", "image/svg+xml"},
                                                            {".png", "image/png"},
                                                            {".html", "text/html; charset=utf-8"},
                                                            {".md", "text/markdown; charset=utf-8"}};
  for (const auto& [ending, type] : kTypes)
    if (name.ends_with(ending)) return type;
  return "application/octet-stream";
}

/// A report is a page of its own: its figures and its style, nothing that runs.
constexpr const char* kReportPolicy =
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

}  // namespace

Answer job_files(const Asked& asked, Context& context) {
  return json_answer({{"files", jobs::job_files(context.output, job_in(asked, context))}});
}

Answer job_file(const Asked& asked, Context& context) {
  const std::string& name = asked.parts.at(1);
  const formats::MappedFile file = formats::map_file(jobs::job_file(context.output, job_in(asked, context), name));
  return {.body = std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()),
          .type = type_of(name),
          .headers = {{"Cache-Control", "no-cache"}, {"Content-Security-Policy", kReportPolicy}}};
}

Answer xyz_plan(const Asked& asked, Context& context) {
  const jobs::XyzJob job = xyz_of(object_of_body(asked.body), context);
  return json_answer({{"cells", int64_t(job.columns) * job.rows * job.layers},
                      {"columns", job.columns},
                      {"rows", job.rows},
                      {"layers", job.layers},
                      {"x_labels", job.x_labels},
                      {"y_labels", job.y_labels},
                      {"z_labels", job.z_labels}});
}

Answer lab_cost(const Asked& asked, Context& context) {
  const jobs::LabCost cost = jobs::lab_cost(lab_of(object_of_body(asked.body), context));
  return json_answer({{"pictures", cost.pictures}, {"calls", cost.calls}});
}

Answer noise_levels(const Asked& asked, Context&) {
  const nlohmann::json body = object_of_body(asked.body);
  const auto request = body.find("request");
  const generate::GenerateRequest said =
      generate::completed_request(request == body.end() ? generate::Settings() : settings_of(*request));
  const std::vector<double> levels = lab::run_levels(said);
  // Float32, as the network gets them.
  return json_answer({{"sigmas", std::vector<float>(levels.begin(), levels.end())},
                      {"sampler", said.sampler},
                      {"schedule", said.schedule}});
}

}  // namespace darkroom::server::v1
