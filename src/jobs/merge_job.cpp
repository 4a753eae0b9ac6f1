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

ordered_json merged(const MergeJob& job) {
  if (!job.model.empty()) {
    adapters::merge_into_checkpoint(files_of(job), job.model, job.output, job.is_fp32);
    return {{"kind", "checkpoint"}};
  }
  const adapters::RankReport ranks =
      adapters::merge_adapters(files_of(job), job.output, {.rank = job.rank, .share = job.keep});
  return {{"kind", "LoRA"},
          {"layers", ranks.layers},
          {"least_rank", ranks.least_rank},
          {"most_rank", ranks.most_rank},
          {"kept", ranks.kept}};
}

}  // namespace

std::string job_text(const MergeJob& job) {
  json files = json::array();
  for (const MergeJob::File& file : job.files) files.push_back({{"path", file.path}, {"weight", file.weight}});
  return json({{"files", files},
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
    MergeJob job{.model = read.at("model"),
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
    control.progress({.stage = "merging", .note = ""});
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
