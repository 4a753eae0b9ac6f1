// Jobs of kind "generate": a request becomes pictures in the output folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/log.h"
#include "formats/picture_file.h"
#include "generate/request_fields.h"
#include "jobs/queue.h"
#include "jobs/residency.h"

namespace darkroom::jobs {

/// What such a job keeps on disk. Its seeds are drawn, so that going on after a restart makes the same pictures.
struct PictureJob {
  generate::Settings settings;  ///< by JSON name; init_image and mask may name uploads
  std::string format = "png";   ///< png, jpg, webp
  int quality = formats::kDefaultQuality;
  bool has_recipe = true;  ///< inside the files
  bool is_listed = true;   ///< in the gallery
};

std::string job_text(const PictureJob& job);
/// Throws Error{corrupt_file} for text that job_text() did not write.
PictureJob picture_job(const std::string& text);

/// With seeds drawn and everything checked that can be without the model. Throws Error{invalid_request}.
PictureJob settled(PictureJob job);

/// What is shown of a picture while it is made.
struct PreviewChoice {
  int every = 1;  ///< steps; 0 = nothing
  generate::PreviewKind kind = generate::PreviewKind::quick;
};

struct PictureFolders {
  std::filesystem::path output;
  /// What init_image and mask name. Throws Error as read_source_picture().
  std::function<Image(const std::string& name)> read_picture;
  /// Asked when a picture begins.
  std::function<PreviewChoice()> previews = [] { return PreviewChoice(); };

  /// Progress and previews go to `control`, which must outlive them.
  generate::RunOptions run_options(JobControl& control) const;
};

/// "2026-03-14/00012-1-4711.png", by the job's time and number: what is made again after a crash gets the same name.
std::string picture_file_name(const Job& job, int index, const std::string& detail, const std::string& format);

/// A log sink that hands lines on to `below`, and makes what a running job warns of the job's own.
LogSink sink_telling_jobs(LogSink below);

/// While it lives, warnings logged on this thread are those of the job that `control` runs.
class WarningsOf {
 public:
  explicit WarningsOf(JobControl& control);
  ~WarningsOf();
  WarningsOf(const WarningsOf&) = delete;
  WarningsOf& operator=(const WarningsOf&) = delete;
};

/// Loads the model of a request and makes one step of a picture that nobody sees, so that the next request does not
/// wait for what is done once: reading and arranging weights, starting threads. Must be called by the thread that will
/// make pictures. What cannot be loaded is left to the job that asks for it.
void warm_up(Residency& residency, const generate::Settings& settings);

/// Runs them. Batches whose pictures an earlier start of the program kept are not made again. `residency` must outlive
/// it.
JobRunner picture_runner(Residency& residency, PictureFolders folders);

}  // namespace darkroom::jobs
