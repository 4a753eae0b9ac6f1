// Where jobs and pictures are kept. The embedded store is SQLite's (sqlite_store.h); several machines that work for one
// queue would share another one behind this interface.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/job.h"

namespace darkroom::jobs {

/// Which pictures: all conditions hold.
struct PictureQuery {
  std::string words;   ///< as people type them: picture_search.h
  std::string flag;    ///< empty = any
  std::string order;   ///< one of kPictureOrders; empty = the first
  int64_t before = 0;  ///< only what follows this picture in the order (newest first: ids below); 0 = all
  int limit = 60;
};

/// How pictures follow one another; equal models and seeds newest first.
inline constexpr std::string_view kPictureOrders[] = {"newest", "oldest", "model", "seed"};

/// How many pictures have a value, and the word that finds them.
struct PictureFacet {
  std::string field;  ///< "date", "model", "lora", "sampler", "by", "size", "flag"
  std::string value;  ///< dates are "today", "week", "all"; pictures without LoRA files have ""
  std::string word;   ///< empty where no word is needed
  int64_t count = 0;
};

enum class Move { front, up, down, back };

/// All calls are thread-safe, and what they changed has reached the disk when they return. Throw Error{io}.
class JobStore {
 public:
  virtual ~JobStore() = default;

  /// Keeps a new job at the end of those that wait, or at their front, and gives it its number. A job of this id that
  /// is there already is handed back as it is instead, and `job` is not kept.
  virtual std::optional<Job> add(Job& job, bool to_front) = 0;
  virtual std::optional<Job> job(const std::string& id) const = 0;
  /// Those of the states and of the kind ("" = any), newest first, numbers below `before` (0 = all).
  virtual std::vector<Job> jobs(const std::vector<JobState>& states, int limit, int64_t before = 0,
                                const std::string& kind = "") const = 0;
  /// Those that wait, in the order in which they will run.
  virtual std::vector<Job> waiting(int limit) const = 0;
  virtual int64_t count(JobState state) const = 0;
  /// Takes the first that waits and is of none of these kinds, and makes it run.
  virtual std::optional<Job> start_next(const std::vector<std::string>& other_than = {}) = 0;
  /// How many wait of other kinds than these.
  virtual int64_t waiting_count(const std::vector<std::string>& other_than) const = 0;
  /// State, times, error and warnings.
  virtual void update(const Job& job) = 0;
  /// Among those that wait.
  virtual void move(const std::string& id, Move where) = 0;
  /// All that wait become cancelled; how many.
  virtual int64_t cancel_waiting(const std::string& owner) = 0;
  /// Jobs that ran when the program ended wait again, before all others; how many.
  virtual int64_t recover() = 0;

  /// The id. A picture of this job and index that is there already keeps its id and gets the new facts.
  virtual int64_t add_picture(const PictureRecord& picture) = 0;
  virtual std::optional<PictureRecord> picture(int64_t id) const = 0;
  virtual std::vector<PictureRecord> pictures_of(const std::string& job) const = 0;
  /// Listed ones that are not in the bin.
  virtual std::vector<PictureRecord> pictures(const PictureQuery& query) const = 0;
  virtual int64_t picture_count(const PictureQuery& query) const = 0;
  /// Counts of all that the words leave, most frequent value first. Words about a field do not count for the field's
  /// own values, so that those say what choosing them instead would find.
  virtual std::vector<PictureFacet> picture_facets(const std::string& words) const = 0;
  virtual void set_flag(int64_t picture, const std::string& flag) = 0;
  virtual void set_binned(int64_t picture, bool is_binned) = 0;
  virtual void forget_picture(int64_t picture) = 0;
  /// Pictures that were made for one client alone.
  virtual std::vector<PictureRecord> unlisted_pictures() const = 0;
};

}  // namespace darkroom::jobs
