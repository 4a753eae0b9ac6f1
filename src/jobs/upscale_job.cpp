#include "jobs/upscale_job.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "generate/upscalers.h"

namespace darkroom::jobs {
namespace {

using nlohmann::json;

UpscaleJob upscale_job(const std::string& text) {
  try {
    const json read = json::parse(text);
    return {.picture = read.at("picture"),
            .upscaler = read.at("upscaler"),
            .scale = read.at("scale"),
            .width = read.at("width"),
            .height = read.at("height")};
  } catch (const json::exception& error) {
    fail(ErrorKind::corrupt_file, "read a kept job: {}", error.what());
  }
}

}  // namespace

std::string job_text(const UpscaleJob& job) {
  return json({{"picture", job.picture},
               {"upscaler", job.upscaler},
               {"scale", job.scale},
               {"width", job.width},
               {"height", job.height}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

JobRunner upscale_runner(PictureFolders folders) {
  return [folders = std::move(folders)](const Job& job, JobControl& control) {
    const UpscaleJob wanted = upscale_job(job.request);
    const Image image = folders.read_picture(wanted.picture);
    const generate::Upscaler upscaler(wanted.upscaler);
    const auto tell = [&](const ProgressEvent& event) { control.progress(event); };
    const Image larger = wanted.width > 0 ? upscaler.resized(image, wanted.width, wanted.height, tell)
                                          : upscaler.enlarged(image, wanted.scale, tell);
    const std::string name = picture_file_name(job, 0, "upscaled", "png");
    std::filesystem::create_directories((folders.output / name).parent_path());
    formats::write_picture(folders.output / name, larger, "");
    control.picture({.job = job.id,
                     .width = larger.width,
                     .height = larger.height,
                     .created = now(),
                     .file = name,
                     .is_listed = false});
  };
}

}  // namespace darkroom::jobs
