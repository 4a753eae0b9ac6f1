#include "jobs/merge_job.h"

#include <gtest/gtest.h>

#include <fstream>

#include "formats/support.h"

namespace darkroom::jobs {
namespace {

using formats::expect_error;

TEST(MergeJob, IsKeptAsText) {
  MergeJob job{.model = "m", .output = "o.safetensors", .is_fp32 = true};
  job.files = {{"a", 0.5}, {"b", -1}};
  const MergeJob read = merge_job(job_text(job));
  EXPECT_EQ(read.files.size(), 2u);
  EXPECT_EQ(read.files[1].weight, -1);
  EXPECT_EQ(read.output, "o.safetensors");
  EXPECT_TRUE(read.is_fp32);
  expect_error(ErrorKind::corrupt_file, "read a kept job", [] { merge_job("{\"files\": 1}"); });
}

TEST(MergeJob, NeverWritesOver) {
  const formats::TemporaryFolder folder;
  MergeJob job{.output = (folder / "there.safetensors").string()};
  expect_error(ErrorKind::invalid_request, "at least one", [&] { check(job); });
  job.files = {{"a", 1}};
  check(job);
  std::ofstream(job.output) << "mine";
  expect_error(ErrorKind::invalid_request, "never written over", [&] { check(job); });
}

TEST(MergeJob, OneFileBecomesAnother) {
  MergeJob job{.how = "scale", .alpha = 4, .output = "/nowhere/x"};
  job.files = {{"a", 1}};
  check(job);
  EXPECT_EQ(merge_job(job_text(job)).how, "scale");
  EXPECT_EQ(merge_job(job_text(job)).alpha, 4);
  job.rank = 2;
  expect_error(ErrorKind::invalid_request, "its matrices stay", [&] { check(job); });
  job.rank = 0, job.alpha = 0;
  expect_error(ErrorKind::invalid_request, "other than 1", [&] { check(job); });
  job.files[0].weight = 0.5;
  check(job);
  job.how = "resize";
  expect_error(ErrorKind::invalid_request, "a rank, or a share", [&] { check(job); });
  job.rank = 2;
  expect_error(ErrorKind::invalid_request, "its strength stays", [&] { check(job); });
  job.files[0].weight = 1;
  check(job);
  job.files.push_back({"b", 1});
  expect_error(ErrorKind::invalid_request, "give one file", [&] { check(job); });
}

TEST(MergeJob, ACheckpointTakesEverything) {
  MergeJob job{.model = "m", .output = "/nowhere/x", .rank = 8};
  job.files = {{"a", 1}};
  expect_error(ErrorKind::invalid_request, "rank and keep", [&] { check(job); });
}

}  // namespace
}  // namespace darkroom::jobs
