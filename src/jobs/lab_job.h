// Jobs of kind "lab": a measurement, kept as files of the job's folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/report.h"
#include "generate/request_fields.h"
#include "jobs/queue.h"
#include "jobs/residency.h"

namespace darkroom::jobs {

/// "samplers": order, gain and contrast of all samplers, without a model. "convergence": the samplers on a model.
/// "precision", "guidance": one picture in several formats, at several CFG scales. "lora": one file, or two compared.
inline constexpr std::string_view kReports[] = {"samplers", "convergence", "precision", "guidance", "lora"};

struct LabJob {
  std::string report;
  generate::Settings settings;                         ///< of the picture; not for "samplers" and "lora"
  std::vector<double> cfg_scales = {1, 3, 7, 11, 20};  ///< "guidance"
  std::vector<int> steps = {5, 10, 20, 40, 80, 160};   ///< "convergence": each twice the one before
  int seeds = 2;                                       ///< "convergence"
  std::vector<adapters::WeightedFile> loras = {};      ///< "lora"
  std::string model = {};                              ///< "lora": a checkpoint to fit it to, or ""
};

std::string job_text(const LabJob& job);
/// Throws Error{corrupt_file} for text that job_text() did not write.
LabJob lab_job(const std::string& text);

/// Throws Error{invalid_request} for what no run could make of it.
void check(const LabJob& job);

struct LabCost {
  int pictures = 0;   ///< 0: no model is needed
  int64_t calls = 0;  ///< of the guided model
};
LabCost lab_cost(const LabJob& job);

/// Runs them. The model in memory is let go first: a report loads its own. A convergence report goes on where an equal
/// one was stopped.
JobRunner lab_runner(Residency& residency, std::filesystem::path output);

}  // namespace darkroom::jobs
