// One device, one job at a time. Jobs wait in the store, so they outlive the program; one thread takes them in order
// and runs what their kind's runner says.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "imaging/image.h"
#include "jobs/event_log.h"
#include "jobs/job_store.h"

namespace darkroom::jobs {

/// How far the running job is.
struct RunningState {
  std::string job, owner, kind;
  std::string stage, note;        ///< what it is doing, and more about the step
  int picture = 0, pictures = 1;  ///< from 0; the one being made
  int step = 0, steps = 0;        ///< of this picture
  double started = 0;             ///< Unix time
  double seconds_per_step = 0;    ///< 0 = not known yet
  bool is_cancelled = false, is_skipped = false;
  std::shared_ptr<const Image> preview;  ///< of the picture being made, as last guessed; may be missing
  int preview_id = 0;                    ///< one more with each

  /// Share of the job that is done, 0 to 1.
  double done() const;
  /// Until the job's end, at the present speed; 0 = not known yet.
  double seconds_left() const;
};

/// What a runner tells the queue. Every call throws Error{cancelled} if the job is to end, so a runner stops within a
/// step.
class JobControl {
 public:
  virtual ~JobControl() = default;
  virtual void begin_picture(int picture, int pictures) = 0;
  virtual void progress(const ProgressEvent& event) = 0;
  /// Nothing new, but the job may be to end.
  virtual void check() = 0;
  virtual void preview(Image&& image) = 0;
  /// Keeps a finished picture and tells of it.
  virtual void picture(const PictureRecord& picture) = 0;
  /// Those it kept, also those of earlier starts of the program, by index.
  virtual std::vector<PictureRecord> kept_pictures() const = 0;
  virtual void warn(const std::string& text) = 0;
  /// Whether what was thrown only meant to leave out the picture being made. Says so once.
  virtual bool take_skip() = 0;
  /// An event for watchers, `data` JSON on one line.
  virtual void tell(const std::string& event, const std::string& data) = 0;
  /// Whether jobs wait that are shorter than this one (see Queue::set_runner).
  virtual bool others_wait() = 0;
  /// Runs those, one after another, and comes back when none is left.
  virtual void let_others_pass() = 0;
};

/// A job that is over.
struct EndedJob {
  Job job;
  std::shared_ptr<const Image> preview;  ///< of a picture it did not finish; may be missing
};

using JobRunner = std::function<void(const Job&, JobControl&)>;

class Queue {
 public:
  /// Both must outlive it. Jobs that ran when the program ended are put back in front.
  Queue(JobStore& store, EventLog& events);
  /// stop(), and waits for the thread.
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// `is_long`: while such a job runs others that are not may pass it, where it says so.
  void set_runner(const std::string& kind, JobRunner runner, bool is_long = false);
  /// Called by the thread whenever nothing waits, at least once a minute.
  void set_idle(std::function<void()> idle);
  /// Has that called now, if nothing waits or runs.
  void wake();
  void start();
  /// Lets the running job end within a step (it waits again for the next start) and wakes who waits for one.
  void stop();

  /// Keeps the job and wakes the thread. Whether it is new: a job of that id that was there is put into `job` instead.
  /// Throws Error{invalid_request} for an id that cannot be one, an unknown kind, or more than kMostWaiting.
  bool submit(Job& job, bool to_front = false);
  static constexpr int kMostWaiting = 20000;

  /// Ends a job: one that waits at once, a running one within a step. Does nothing to one that has ended. Throws
  /// Error{not_found}.
  void cancel(const std::string& id);
  /// Leaves out the picture that the running job is making.
  void skip();
  void move(const std::string& id, Move where);
  int64_t cancel_waiting(const std::string& owner);
  /// No job starts while paused.
  void pause(bool is_paused);
  bool is_paused() const;

  /// Blocks until the job has ended, and hands it over.
  EndedJob wait(const std::string& id) const;
  /// The job that computes now: while a long one lets others pass, one of those.
  std::optional<RunningState> running() const;
  /// The same of this job, also while it lets others pass; nothing if it has not begun or has ended.
  std::optional<RunningState> state_of(const std::string& id) const;

 private:
  class Control;
  /// The next to run, which watchers are told.
  std::optional<Job> taken(const std::vector<std::string>& other_than);
  /// The same; nothing while the store can't keep that it runs, a full disk's, which watchers are told once.
  std::optional<Job> taken_if_kept(const std::vector<std::string>& other_than);
  void run_others();
  void work();
  void run_one(Job job);
  /// Tries until the store takes it: a full disk gets room, or the program ends and runs what is missing at its next
  /// start.
  void keep_end(const Job& job);
  void tell(const Job& job);
  void tell_order();

  JobStore& store_;
  EventLog& events_;
  std::map<std::string, JobRunner> runners_;
  std::function<void()> idle_ = [] {};
  std::mutex changing_;  ///< a job is added, taken or cancelled, and that is told: in this order. Taken before mutex_.
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<RunningState> running_, standing_;  ///< standing: a long job that lets others pass
  std::vector<std::string> long_kinds_;
  double last_idle_ = 0;
  bool is_full_ = false;  ///< the store refused the last job; of the queue's thread alone
  std::deque<std::pair<std::string, std::shared_ptr<const Image>>> last_previews_;  ///< of jobs that just ended
  bool is_paused_ = false, is_stopping_ = false;
  int64_t submitted_ = 0;  ///< jobs and wake(), so that the thread does not sleep over one
  std::thread thread_;
};

}  // namespace darkroom::jobs
