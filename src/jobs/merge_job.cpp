#include "jobs/merge_job.h"

#include <nlohmann/json.hpp>
#include <system_error>

#include "adapters/rewrite.h"
#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/utf8.h"
#include "jobs/job_files.h"
#include "jobs/picture_job.h"

namespace darkroom::jobs {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::vector<adapters::WeightedFile> files_of(const MergeJob& job) {
  std::vector<adapters::WeightedFile> files;
  for (const MergeJob::File& file : job.files) files.push_back({file.path, file.weight});
  return files;
}

ordered_json ranks_json(const adapters::RankReport& ranks) {
  return {{"kind", "LoRA"},
          {"layers", ranks.layers},
          {"least_rank", ranks.least_rank},
          {"most_rank", ranks.most_rank},
          {"kept", ranks.kept}};
}

ordered_json merged(const MergeJob& job) {
  const adapters::RankLimit limit{.rank = job.rank, .share = job.keep};
  if (job.how == "scale") {
    adapters::Scaling scaling;
    if (job.alpha != 0) scaling.alpha = job.alpha;
    if (job.files[0].weight != 1) scaling.weight = job.files[0].weight;
    adapters::scale_adapter(job.files[0].path, job.output, scaling);
    return {{"kind", "LoRA"}};
  }
  if (job.how == "resize") return ranks_json(adapters::resize_adapter(job.files[0].path, job.output, limit));
  if (!job.model.empty()) {
    adapters::merge_into_checkpoint(files_of(job), job.model, job.output, job.is_fp32);
    return {{"kind", "checkpoint"}};
  }
  return ranks_json(adapters::merge_adapters(files_of(job), job.output, limit));
}

}  // namespace

std::string job_text(const MergeJob& job) {
  json files = json::array();
  for (const MergeJob::File& file : job.files) files.push_back({{"path", file.path}, {"weight", file.weight}});
  return json({{"how", job.how},
               {"alpha", job.alpha},
               {"files", files},
               {"model", job.model},
               {"output", job.output},
               {"rank", job.rank},
               {"keep", job.keep},
               {"is_fp32", job.is_fp32}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

MergeJob merge_job(const std::string& text) {
  try {
    const json read = json::parse(text);
    MergeJob job{.how = read.value("how", "merge"),  // older versions only merged
                 .alpha = read.value("alpha", 0.0),
                 .model = read.at("model"),
                 .output = read.at("output"),
                 .rank = read.at("rank"),
                 .keep = read.at("keep"),
                 .is_fp32 = read.at("is_fp32")};
    for (const json& file : read.at("files"))
      job.files.push_back({.path = file.at("path").get<std::string>(), .weight = file.at("weight").get<double>()});
    return job;
  } catch (const json::exception& error) {
    fail(ErrorKind::corrupt_file, "read a kept job: {}", error.what());
  }
}

void check(const MergeJob& job) {
  require(!job.files.empty(), ErrorKind::invalid_request, "merge LoRA files: at least one is needed, none was given");
  const bool is_cut = job.rank > 0 || job.keep < 1;
  const bool is_merge = job.how == "merge";
  require(is_merge || (job.files.size() == 1 && job.model.empty()), ErrorKind::invalid_request,
          "{} a LoRA file: it becomes another file by itself; give one file and no model", job.how);
  require(job.how != "scale" || !is_cut, ErrorKind::invalid_request,
          "scale a LoRA file: its matrices stay; rank and keep are for resize");
  require(job.how != "scale" || job.alpha != 0 || job.files[0].weight != 1, ErrorKind::invalid_request,
          "scale a LoRA file: an alpha, or a weight other than 1, is needed");
  require(job.how != "resize" || is_cut, ErrorKind::invalid_request,
          "resize a LoRA file: a rank, or a share to keep below 1, is needed");
  require(job.how != "resize" || job.files[0].weight == 1, ErrorKind::invalid_request,
          "resize a LoRA file: its strength stays; weights are for scale");
  require(job.how == "scale" || job.alpha == 0, ErrorKind::invalid_request,
          "{} LoRA files: alpha is for scale, leave it out", job.how);
  require(job.model.empty() || !is_cut, ErrorKind::invalid_request,
          "merge LoRA files: rank and keep are for a new LoRA file, a checkpoint takes everything");
  std::error_code ignored;
  require(!std::filesystem::exists(job.output, ignored), ErrorKind::invalid_request,
          "merge LoRA files: {} is there already and is never written over; give another name",
          formats::in_quotes(std::filesystem::path(job.output).filename().string()));
}

JobRunner merge_runner(Residency& residency, std::filesystem::path output, std::function<void()> on_written) {
  return [&residency, output = std::move(output), on_written = std::move(on_written)](const Job& job,
                                                                                      JobControl& control) {
    const WarningsOf warnings(control);
    const MergeJob wanted = merge_job(job.request);
    check(wanted);
    control.progress({.stage = wanted.how == "merge" ? "merging" : "writing the new file", .note = ""});
    if (!wanted.model.empty()) residency.unload();  // two models at once may not fit
    std::filesystem::create_directories(std::filesystem::path(wanted.output).parent_path());
    ordered_json report = merged(wanted);
    report["file"] = std::filesystem::path(wanted.output).filename().string();
    report["bytes"] = std::filesystem::file_size(wanted.output);
    const std::filesystem::path folder = job_folder(output, job);
    std::filesystem::create_directories(folder);
    formats::write_file(folder / "merge.json",
                        report.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    on_written();
  };
}

}  // namespace darkroom::jobs
