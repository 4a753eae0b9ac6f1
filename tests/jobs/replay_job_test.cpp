#include "jobs/replay_job.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::jobs {
namespace {

TEST(ReplayJob, IsKeptAsText) {
  const ReplayJob job{.file = "2026-03-14/00001-0-5.png", .upload = "", .picture = 7, .settings = {{"model", "m"}}};
  const ReplayJob read = replay_job(job_text(job));
  EXPECT_EQ(read.file, job.file);
  EXPECT_EQ(read.picture, 7);
  EXPECT_EQ(read.settings, job.settings);
  formats::expect_error(ErrorKind::corrupt_file, "read a kept job", [] { replay_job("{\"file\": []}"); });
}

}  // namespace
}  // namespace darkroom::jobs
