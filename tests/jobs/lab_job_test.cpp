#include "jobs/lab_job.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::jobs {
namespace {

using formats::expect_error;

TEST(LabJob, IsKeptAsText) {
  const LabJob job{.report = "guidance",
                   .settings = {{"prompt", "a red apple"}, {"steps", "4"}},
                   .cfg_scales = {1, 7.5},
                   .loras = {{"a/ink.safetensors", 0.5}}};
  const LabJob read = lab_job(job_text(job));
  EXPECT_EQ(read.report, "guidance");
  EXPECT_EQ(read.settings, job.settings);
  EXPECT_EQ(read.cfg_scales, job.cfg_scales);
  EXPECT_EQ(read.loras[0].path, "a/ink.safetensors");
  EXPECT_EQ(read.loras[0].weight, 0.5);
  EXPECT_EQ(job_text(read), job_text(job)) << "the cache of a stopped report goes by it";
  for (const char* text : {"", "{}", "[]", "{\"report\": 3}"})
    expect_error(ErrorKind::corrupt_file, "read a kept job", [&] { lab_job(text); });
}

TEST(LabJob, WhatNoRunCanMakeIsRefused) {
  const generate::Settings picture = {{"prompt", "a"}};
  expect_error(ErrorKind::invalid_request, "samplers, convergence", [] { check({.report = "dance"}); });
  expect_error(ErrorKind::invalid_request, "a prompt is needed", [] { check({.report = "precision"}); });
  expect_error(ErrorKind::invalid_request, "one or two files", [] { check({.report = "lora"}); });
  expect_error(ErrorKind::invalid_request, "1 to 16 numbers",
               [&] { check({.report = "guidance", .settings = picture, .cfg_scales = {}}); });
  expect_error(ErrorKind::invalid_request, "from 0 to 100",
               [&] { check({.report = "guidance", .settings = picture, .cfg_scales = {-3}}); });
  expect_error(ErrorKind::invalid_request, "twice the one before", [&] {
    check({.report = "convergence", .settings = picture, .steps = {5, 10, 30, 60}});
  });
  expect_error(ErrorKind::invalid_request, "starts from noise", [&] {
    check({.report = "precision", .settings = {{"prompt", "a"}, {"init_image", "upload:x"}}});
  });
  check({.report = "samplers"});
}

TEST(LabJob, CostsAreCalls) {
  const generate::Settings picture = {{"prompt", "a"}, {"steps", "10"}, {"sampler_name", "Heun"}};
  EXPECT_EQ(lab_cost({.report = "samplers"}).calls, 0);
  const LabCost guidance = lab_cost({.report = "guidance", .settings = picture, .cfg_scales = {1, 7, 11}});
  EXPECT_EQ(guidance.pictures, 3);
  EXPECT_EQ(guidance.calls, 3 * 10 * 2) << "two calls a step";
  generate::Settings with_negative = picture;
  with_negative["negative_prompt"] = "b";
  EXPECT_EQ(lab_cost({.report = "guidance", .settings = with_negative, .cfg_scales = {1, 7, 11}}).pictures, 6);
  EXPECT_EQ(lab_cost({.report = "precision", .settings = picture}).pictures, 10);
  const LabJob few{.report = "convergence", .settings = picture, .steps = {2, 4, 8, 16}};
  LabJob more = few;
  more.steps = {2, 4, 8, 16, 32};
  EXPECT_GT(lab_cost(few).calls, 100);
  EXPECT_GT(lab_cost(more).calls, lab_cost(few).calls);
}

}  // namespace
}  // namespace darkroom::jobs
