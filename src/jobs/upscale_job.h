// Jobs of kind "upscale": a picture made larger.
#pragma once

#include <string>

#include "jobs/picture_job.h"

namespace darkroom::jobs {

struct UpscaleJob {
  std::string picture;               ///< as PictureFolders::read_picture names it
  std::string upscaler = "Lanczos";  ///< see generate::Upscaler
  double scale = 2;
  int width = 0, height = 0;  ///< instead of the scale, if not 0
};

std::string job_text(const UpscaleJob& job);

/// Runs them. The picture is unlisted: it is for who asked.
JobRunner upscale_runner(PictureFolders folders);

}  // namespace darkroom::jobs
