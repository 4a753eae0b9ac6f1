#include "jobs/xyz_job.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::jobs {
namespace {

const generate::Settings kRecommended = {{"width", "128"}, {"height", "128"}};

plot::Plan plan_of(const char* x, const char* y) {
  return plot::xyz_plan({{"prompt", "a"}, {"seed", "1"}}, plot::axis_of(x), plot::axis_of(y), plot::no_axis());
}

TEST(XyzJob, IsKeptAsTextWithItsSides) {
  const XyzJob job = settled({.settings = {{"prompt", "a"}}, .x = "Steps: 2,4", .y = "CFG scale: 1,7"},
                             plan_of("Steps: 2,4", "CFG scale: 1,7"), kRecommended);
  const XyzJob read = xyz_job(job_text(job));
  EXPECT_EQ(read.x, "Steps: 2,4");
  EXPECT_EQ(read.columns, 2);
  EXPECT_EQ(read.rows, 2);
  EXPECT_EQ(read.layers, 1);
  EXPECT_EQ(read.x_labels, (std::vector<std::string>{"Steps: 2", "Steps: 4"}));
  EXPECT_TRUE(read.z_labels.empty());
  formats::expect_error(ErrorKind::corrupt_file, "read a kept job", [] { xyz_job("{}"); });
}

TEST(XyzJob, AMatrixSaysWhichPartsStandInARowAndColumn) {
  const plot::Plan plan = plot::matrix_plan({{"prompt", "a|b|c|d"}, {"seed", "1"}});
  const XyzJob read =
      xyz_job(job_text(settled({.settings = {{"prompt", "a"}}, .is_matrix = true}, plan, kRecommended)));
  EXPECT_TRUE(read.is_matrix);
  EXPECT_EQ(read.x_labels, (std::vector<std::string>{"without", "b", "c", "b, c"}));
  EXPECT_EQ(read.y_labels, (std::vector<std::string>{"without", "d"}));
}

TEST(XyzJob, MorePixelsThanFitIntoOnePictureAreRefused) {
  const plot::Plan plan = plan_of("Seed: 1-100", "Size: 2048x2048");
  formats::expect_error(ErrorKind::invalid_request, "pixels", [&] {
    settled({.settings = {{"prompt", "a"}}}, plan, kRecommended);
  });
}

}  // namespace
}  // namespace darkroom::jobs
