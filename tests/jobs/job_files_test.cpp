#include "jobs/job_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "formats/support.h"

namespace darkroom::jobs {
namespace {

TEST(JobFiles, AreThoseOfTheJobsOwnFolder) {
  const formats::TemporaryFolder folder;
  const Job job{.id = "../../evil", .number = 12};
  EXPECT_TRUE(job_files(folder.path(), job).empty());
  std::filesystem::create_directories(job_folder(folder.path(), job) / "inner");
  for (const char* name : {"b.svg", "a.json"}) std::ofstream(job_folder(folder.path(), job) / name) << "x";
  std::ofstream(folder / "settings.json") << "secret";
  std::filesystem::create_symlink(folder / "settings.json", job_folder(folder.path(), job) / "link.json");
  EXPECT_EQ(job_folder(folder.path(), job).filename(), "00012") << "never by the id, which a client chose";
  EXPECT_EQ(job_files(folder.path(), job), (std::vector<std::string>{"a.json", "b.svg"}));
  EXPECT_TRUE(std::filesystem::exists(job_file(folder.path(), job, "a.json")));
  for (const char* name : {"../../settings.json", "/etc/passwd", "inner", "inner/..", "link.json", "", ".", "a.json/"})
    formats::expect_error(ErrorKind::not_found, "has no file", [&] { job_file(folder.path(), job, name); });
}

}  // namespace
}  // namespace darkroom::jobs
