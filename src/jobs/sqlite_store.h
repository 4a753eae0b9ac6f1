// Jobs and pictures in one SQLite file.
#pragma once

#include <filesystem>
#include <mutex>

#include "jobs/job_store.h"
#include "jobs/sqlite.h"

namespace darkroom::jobs {

class SqliteStore : public JobStore {
 public:
  /// Opens or makes the file. Throws Error: io, corrupt_file, unsupported for a file of a newer Darkroom.
  explicit SqliteStore(const std::filesystem::path& file);

  std::optional<Job> add(Job& job, bool to_front) override;
  std::optional<Job> job(const std::string& id) const override;
  std::vector<Job> jobs(const std::vector<JobState>& states, int limit, int64_t before = 0,
                        const std::string& kind = "") const override;
  std::vector<Job> waiting(int limit) const override;
  int64_t count(JobState state) const override;
  std::optional<Job> start_next(const std::vector<std::string>& other_than = {}) override;
  int64_t waiting_count(const std::vector<std::string>& other_than) const override;
  void update(const Job& job) override;
  void move(const std::string& id, Move where) override;
  int64_t cancel_waiting(const std::string& owner) override;
  int64_t recover() override;

  int64_t add_picture(const PictureRecord& picture) override;
  std::optional<PictureRecord> picture(int64_t id) const override;
  std::vector<PictureRecord> pictures_of(const std::string& job) const override;
  std::vector<PictureRecord> pictures(const PictureQuery& query) const override;
  int64_t picture_count(const PictureQuery& query) const override;
  std::vector<PictureFacet> picture_facets(const std::string& words) const override;
  void set_flag(int64_t picture, const std::string& flag) override;
  void set_binned(int64_t picture, bool is_binned) override;
  void forget_picture(int64_t picture) override;
  std::vector<PictureRecord> unlisted_pictures() const override;

 private:
  /// Columns and rows that come of a picture's recipe and job.
  void keep_facts(int64_t picture, const std::string& job, const std::string& infotext);
  void keep_facts_of_all();

  mutable std::mutex mutex_;
  mutable Database database_;
};

}  // namespace darkroom::jobs
