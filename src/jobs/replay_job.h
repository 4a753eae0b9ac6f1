// Jobs of kind "replay": a picture made again from its own recipe, and how near the new one comes.
#pragma once

#include <functional>
#include <string>

#include "jobs/picture_job.h"

namespace darkroom::jobs {

struct ReplayJob {
  std::string file;             ///< of a picture below the output folder, or ""
  std::string upload;           ///< instead: as PictureFolders::read_picture names it
  int64_t picture = 0;          ///< the number of the picture whose file that is, for those who show the job
  generate::Settings settings;  ///< over the recipe: where things lie, pictures to start from
};

std::string job_text(const ReplayJob& job);
/// Throws Error{corrupt_file} for text that job_text() did not write.
ReplayJob replay_job(const std::string& text);

/// Runs them. The new picture is unlisted; replay.json in the job's folder says field by field what could be honoured,
/// and how far the pixels are apart. `read_file` gives the bytes of an upload.
JobRunner replay_runner(Residency& residency, PictureFolders folders,
                        std::function<std::string(const std::string& upload)> read_file);

}  // namespace darkroom::jobs
