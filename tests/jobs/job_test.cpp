#include "jobs/job.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::jobs {
namespace {

TEST(Job, StatesHaveNamesBothWays) {
  for (const JobState state :
       {JobState::waiting, JobState::running, JobState::finished, JobState::failed, JobState::cancelled})
    EXPECT_EQ(state_named(state_name(state)), state);
  EXPECT_EQ(state_name(JobState::waiting), "waiting");
  formats::expect_error(ErrorKind::invalid_request, "\"done\"", [] { state_named("done"); });
  EXPECT_FALSE(has_ended(JobState::waiting));
  EXPECT_FALSE(has_ended(JobState::running));
  EXPECT_TRUE(has_ended(JobState::cancelled));
}

TEST(Job, IdsAreDrawnAndChecked) {
  EXPECT_TRUE(is_job_id(drawn_id()));
  EXPECT_NE(drawn_id(), drawn_id());
  EXPECT_TRUE(is_job_id("a-B_9"));
  EXPECT_TRUE(is_job_id("task(7x1)")) << "as A1111 calls them";
  EXPECT_FALSE(is_job_id(""));
  EXPECT_FALSE(is_job_id(std::string(65, 'a')));
  EXPECT_FALSE(is_job_id("../x"));
}

}  // namespace
}  // namespace darkroom::jobs
