#include "jobs/picture_job.h"

#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "base/log.h"
#include "generate/run.h"

namespace darkroom::jobs {
namespace {

using generate::GenerateRequest;
using nlohmann::json;

/// One batch of a request, which is what a watcher may leave out.
GenerateRequest batch_of(GenerateRequest request, int batch) {
  const int first = batch * request.batch_size;
  if (request.variation_strength > 0)
    request.variation_seed += first;
  else
    request.seed += first;
  request.batch_count = 1;
  return request;
}

/// What an earlier start of the program made of a job, so that a start after a crash goes on behind it.
class EarlierBatches {
 public:
  EarlierBatches(const std::vector<PictureRecord>& kept, const std::filesystem::path& output, int batch_size)
      : batch_size_(batch_size) {
    for (const PictureRecord& picture : kept) {
      std::error_code ignored;
      Batch& batch = batches_[picture.index / batch_size];
      ++(std::filesystem::exists(output / picture.file, ignored) ? batch.pictures : batch.vanished);
    }
  }

  /// Whether nothing of it is missing. They are made in order, so one with fewer pictures before another that has some
  /// was left out by somebody.
  bool has(int batch) const {
    if (batches_.empty() || batch > batches_.rbegin()->first) return false;
    const auto found = batches_.find(batch);
    if (found == batches_.end()) return true;
    const bool is_last = batch == batches_.rbegin()->first;
    return found->second.vanished == 0 && (!is_last || found->second.pictures == batch_size_);
  }

 private:
  struct Batch {
    int pictures = 0, vanished = 0;
  };
  int batch_size_;
  std::map<int, Batch> batches_;
};

/// The job whose run this thread is in.
thread_local JobControl* running_here = nullptr;

class PictureRun {
 public:
  PictureRun(const Job& job, JobControl& control, const PictureFolders& folders)
      : job_(job), control_(control), folders_(folders), wanted_(picture_job(job.request)) {}

  void run(Residency& residency) {
    const WarningsOf warnings(control_);
    control_.progress({.stage = "loading the model", .note = ""});
    // What does not name a model is refused here, before one is loaded.
    const GenerateRequest any = generate::completed_request(wanted_.settings);
    const auto use = residency.use(generate::model_choice(any));
    const generate::LoadedModel& model = use->model();
    const GenerateRequest request =
        generate::settled(model, generate::completed_request(wanted_.settings, model.recommended()));
    const EarlierBatches earlier(control_.kept_pictures(), folders_.output, request.batch_size);
    for (int batch = 0; batch < request.batch_count; ++batch) {
      if (earlier.has(batch)) continue;
      try {
        control_.begin_picture(batch, request.batch_count);
        make(model, request, batch);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::cancelled || !control_.take_skip()) throw;
      }
    }
  }

 private:
  void make(const generate::LoadedModel& model, const GenerateRequest& request, int batch) {
    int index = batch * request.batch_size;
    generate::generate(
        model, batch_of(request, batch), [&](generate::Picture&& picture) { keep(picture, index++); },
        folders_.run_options(control_));
  }

  void keep(const generate::Picture& picture, int index) {
    const std::string name = picture_file_name(job_, index, std::to_string(picture.seed), wanted_.format);
    const std::filesystem::path path = folders_.output / name;
    std::filesystem::create_directories(path.parent_path());
    formats::write_picture(path, picture.image, wanted_.has_recipe ? picture.infotext : "", wanted_.quality);
    control_.picture({.job = job_.id,
                      .index = index,
                      .seed = picture.seed,
                      .width = picture.image.width,
                      .height = picture.image.height,
                      .created = now(),
                      .prompt = setting("prompt"),
                      .infotext = picture.infotext,
                      .file = name,
                      .is_listed = wanted_.is_listed});
  }

  std::string setting(const std::string& name) const {
    const auto found = wanted_.settings.find(name);
    return found == wanted_.settings.end() ? "" : found->second;
  }

  const Job& job_;
  JobControl& control_;
  const PictureFolders& folders_;
  PictureJob wanted_;
};

}  // namespace

WarningsOf::WarningsOf(JobControl& control) {
  running_here = &control;
}

WarningsOf::~WarningsOf() {
  running_here = nullptr;
}

std::string picture_file_name(const Job& job, int index, const std::string& detail, const std::string& format) {
  const std::time_t time = std::time_t(job.created);
  std::tm day{};
  localtime_r(&time, &day);
  return fmt::format("{:04}-{:02}-{:02}/{:05}-{}-{}.{}", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, job.number,
                     index, detail, format);
}

std::string job_text(const PictureJob& job) {
  return json({{"settings", job.settings},
               {"format", job.format},
               {"quality", job.quality},
               {"has_recipe", job.has_recipe},
               {"is_listed", job.is_listed}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

PictureJob picture_job(const std::string& text) {
  try {
    const json read = json::parse(text);
    return {.settings = read.at("settings").get<generate::Settings>(),
            .format = read.at("format").get<std::string>(),
            .quality = read.at("quality").get<int>(),
            .has_recipe = read.at("has_recipe").get<bool>(),
            .is_listed = read.at("is_listed").get<bool>()};
  } catch (const json::exception& error) {
    fail(ErrorKind::corrupt_file, "read a kept job: {}", error.what());
  }
}

PictureJob settled(PictureJob job) {
  const GenerateRequest request = generate::completed_request(job.settings);
  formats::format_of_name("a." + job.format);  // refuses what cannot be written
  job.settings["seed"] = std::to_string(generate::drawn_seed(request.seed));
  if (request.variation_strength > 0)
    job.settings["subseed"] = std::to_string(generate::drawn_seed(request.variation_seed));
  return job;
}

LogSink sink_telling_jobs(LogSink below) {
  return [below = std::move(below)](LogLevel level, const std::string& line) {
    below(level, line);
    if (level == LogLevel::warning && running_here) running_here->warn(line);
  };
}

void warm_up(Residency& residency, const generate::Settings& settings) {
  try {
    const auto use = residency.use(generate::model_choice(generate::completed_request(settings)));
    generate::GenerateRequest request = generate::completed_request(settings, use->model().recommended());
    request.steps = request.batch_size = request.batch_count = 1;
    generate::generate(use->model(), generate::settled(use->model(), request), [](generate::Picture&&) {});
  } catch (const Error& error) {
    log_info("nothing is loaded ahead of the first picture: {}", error.what());
  }
}

generate::RunOptions PictureFolders::run_options(JobControl& control) const {
  const PreviewChoice choice = previews();
  return {.on_progress = [&control](const ProgressEvent& event) { control.progress(event); },
          .read_picture = read_picture,
          .on_preview = [&control](Image&& image) { control.preview(std::move(image)); },
          .preview_every = choice.every,
          .preview_kind = choice.kind};
}

JobRunner picture_runner(Residency& residency, PictureFolders folders) {
  return [&residency, folders = std::move(folders)](const Job& job, JobControl& control) {
    PictureRun(job, control, folders).run(residency);
  };
}

}  // namespace darkroom::jobs
