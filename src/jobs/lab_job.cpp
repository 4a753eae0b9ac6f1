#include "jobs/lab_job.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/sha256.h"
#include "formats/utf8.h"
#include "generate/menu.h"
#include "jobs/job_files.h"
#include "jobs/picture_job.h"
#include "lab/guidance_report.h"
#include "lab/lora_report.h"
#include "lab/precision_report.h"
#include "lab/report.h"

namespace darkroom::jobs {
namespace {

using nlohmann::json;

constexpr int kGainSteps[] = {20, 100};
constexpr size_t kMostScales = 16;
constexpr int kMostSeeds = 16;

int64_t calls_per_picture(const generate::Settings& settings) {
  const generate::GenerateRequest request = generate::completed_request(settings);
  int64_t calls = request.steps;
  for (const generate::SamplerFacts& sampler : generate::sampler_facts())
    if (sampler.name == request.sampler) calls *= sampler.calls_per_step;
  return calls;
}

lab::ConvergenceRequest convergence_of(const LabJob& job) {
  lab::ConvergenceRequest request;
  generate::Settings said = job.settings;
  said.emplace("seed", "0");
  request.base = generate::completed_request(said, {{"cfg_scale", "4"}});
  request.base.batch_size = job.seeds;
  request.prompts = {request.base.prompt};
  request.steps = job.steps;
  return request;
}

/// The run of a sampler that a measurement is in, as the pictures of the job.
class PictureCount {
 public:
  PictureCount(JobControl& control, int pictures) : control_(control), pictures_(pictures) {}

  void show(const ProgressEvent& event) {
    if (event.stage == "sampling" && event.step <= last_step_) control_.begin_picture(++picture_, pictures_);
    if (event.stage == "sampling") last_step_ = event.step;
    control_.progress(event);
  }

 private:
  JobControl& control_;
  const int pictures_;
  int picture_ = 0, last_step_ = 0;
};

class LabRun {
 public:
  LabRun(const Job& job, JobControl& control, const std::filesystem::path& output)
      : control_(control), wanted_(lab_job(job.request)), output_(output), folder_(job_folder(output, job)) {}

  void run() {
    std::filesystem::create_directories(folder_);
    if (wanted_.report == "samplers") return measure_samplers();
    if (wanted_.report == "convergence") return measure_convergence();
    if (wanted_.report == "precision") return measure_precision();
    if (wanted_.report == "guidance") return measure_guidance();
    return look_into_loras();
  }

  bool needs_model() const { return lab_cost(wanted_).pictures > 0; }

 private:
  void begin(int part, int parts, const char* stage) {
    control_.begin_picture(part, parts);
    control_.progress({.stage = stage, .note = ""});
  }

  void measure_samplers() {
    constexpr int kParts = 2 + int(std::size(kGainSteps));
    begin(0, kParts, "measuring the order of every sampler");
    lab::write_order(folder_, lab::measure_order());
    begin(1, kParts, "measuring the contrast of every sampler");
    lab::write_moments(folder_, lab::measure_moments());
    int part = 2;
    for (const int steps : kGainSteps) {
      begin(part++, kParts, "measuring the noise gain of every sampler");
      lab::write_gain(folder_, lab::measure_gain_map(steps));
    }
  }

  void measure_convergence() {
    lab::ConvergenceRequest request = convergence_of(wanted_);
    request.output = folder_;
    // By what was asked for, so that the same report goes on where it was stopped.
    formats::Sha256 sum;
    sum.add(job_text(wanted_));
    request.cache = output_ / "reports" / "cache" / sum.hex().substr(0, 16);
    control_.begin_picture(0, 1);
    const lab::ConvergenceRuns runs =
        lab::run_convergence(request, [&](const ProgressEvent& event) { control_.progress(event); });
    lab::write_convergence(folder_, runs, wanted_.seeds);
  }

  void measure_precision() {
    PictureCount count(control_, lab_cost(wanted_).pictures);
    lab::write_precision(folder_, lab::measure_precision(with_seed(), counting(count)));
  }

  void measure_guidance() {
    PictureCount count(control_, lab_cost(wanted_).pictures);
    lab::write_guidance(folder_, lab::measure_guidance(with_seed(), wanted_.cfg_scales, counting(count)));
  }

  void look_into_loras() {
    begin(0, int(wanted_.loras.size()), "reading the LoRA file");
    for (size_t i = 0; i < wanted_.loras.size(); ++i)
      formats::write_file(folder_ / fmt::format("lora_{}.json", i + 1),
                          lab::lora_json(adapters::inspect_adapter(wanted_.loras[i].path, wanted_.model)));
    if (wanted_.loras.size() < 2) return;
    begin(1, 2, "comparing the LoRA files");
    formats::write_file(folder_ / "comparison.json", lab::comparison_json(adapters::compare_adapters(
                                                         wanted_.loras[0], wanted_.loras[1], wanted_.model)));
  }

  Progress counting(PictureCount& count) {
    control_.begin_picture(0, lab_cost(wanted_).pictures);
    return [&](const ProgressEvent& event) { count.show(event); };
  }

  generate::Settings with_seed() const {
    generate::Settings said = wanted_.settings;
    said.emplace("seed", "0");
    return said;
  }

  JobControl& control_;
  LabJob wanted_;
  std::filesystem::path output_, folder_;
};

}  // namespace

std::string job_text(const LabJob& job) {
  json loras = json::array();
  for (const adapters::WeightedFile& lora : job.loras)
    loras.push_back({{"path", lora.path.string()}, {"weight", lora.weight}});
  return json({{"report", job.report},
               {"settings", job.settings},
               {"cfg_scales", job.cfg_scales},
               {"steps", job.steps},
               {"seeds", job.seeds},
               {"loras", loras},
               {"model", job.model}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

LabJob lab_job(const std::string& text) {
  try {
    const json read = json::parse(text);
    LabJob job{.report = read.at("report"),
               .settings = read.at("settings"),
               .cfg_scales = read.at("cfg_scales"),
               .steps = read.at("steps"),
               .seeds = read.at("seeds"),
               .model = read.at("model")};
    for (const json& lora : read.at("loras"))
      job.loras.push_back({lora.at("path").get<std::string>(), lora.at("weight").get<double>()});
    return job;
  } catch (const json::exception& error) {
    fail(ErrorKind::corrupt_file, "read a kept job: {}", error.what());
  }
}

void check(const LabJob& job) {
  require(std::find(std::begin(kReports), std::end(kReports), job.report) != std::end(kReports),
          ErrorKind::invalid_request,
          "report: samplers, convergence, precision, guidance or lora is needed, {} was "
          "given",
          formats::in_quotes(job.report));
  if (job.report == "lora") {
    require(!job.loras.empty() && job.loras.size() <= 2, ErrorKind::invalid_request,
            "a LoRA report: one or two files are needed, {} were given", job.loras.size());
    return;
  }
  if (job.report == "samplers") return;
  const generate::GenerateRequest request = generate::completed_request(job.settings);
  require(!request.prompt.empty(), ErrorKind::invalid_request, "a {} report: a prompt is needed", job.report);
  require(request.init_image.empty() && request.mask.empty(), ErrorKind::invalid_request,
          "a {} report starts from noise; leave out init_image and mask", job.report);
  if (job.report == "guidance") {
    require(!job.cfg_scales.empty() && job.cfg_scales.size() <= kMostScales, ErrorKind::invalid_request,
            "cfg_scales: 1 to {} numbers are needed, {} were given", kMostScales, job.cfg_scales.size());
    for (const double scale : job.cfg_scales)
      require(scale >= 0 && scale <= 100, ErrorKind::invalid_request,
              "cfg_scales: numbers from 0 to 100 are needed, {} was given", scale);
  }
  if (job.report == "convergence") {
    lab::require_doubling(job.steps);
    require(job.seeds >= 2 && job.seeds <= kMostSeeds, ErrorKind::invalid_request,
            "seeds: a whole number from 2 to {} is needed, {} was given", kMostSeeds, job.seeds);
  }
}

LabCost lab_cost(const LabJob& job) {
  int pictures = 0;
  if (job.report == "convergence") return {.pictures = 1, .calls = lab::planned_calls(convergence_of(job))};
  if (job.report == "precision") pictures = lab::precision_pictures();
  if (job.report == "guidance") pictures = lab::guidance_pictures(job.settings, job.cfg_scales.size());
  return {.pictures = pictures, .calls = pictures > 0 ? pictures * calls_per_picture(job.settings) : 0};
}

JobRunner lab_runner(Residency& residency, std::filesystem::path output) {
  return [&residency, output = std::move(output)](const Job& job, JobControl& control) {
    const WarningsOf warnings(control);
    LabRun run(job, control, output);
    if (run.needs_model()) residency.unload();  // two models at once may not fit
    run.run();
  };
}

}  // namespace darkroom::jobs
