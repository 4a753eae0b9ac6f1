#include "jobs/queue.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "base/error.h"
#include "formats/utf8.h"
#include "jobs/event_data.h"

namespace darkroom::jobs {
namespace {

constexpr std::chrono::seconds kIdlePause(60);
constexpr std::chrono::seconds kDiskPause(1);  // until a full disk is tried again
/// Between two events of progress of one job.
constexpr double kProgressPause = 0.2;
/// Somebody who waits for a job wakes before so many others have ended.
constexpr size_t kKeptPreviews = 16;

}  // namespace

double RunningState::done() const {
  const double of_picture = steps > 0 ? double(step) / steps : 0;
  return pictures > 0 ? std::min(1.0, (picture + of_picture) / pictures) : 0;
}

double RunningState::seconds_left() const {
  return seconds_per_step * double((pictures - picture) * steps - step);
}

/// The runner's side of the queue's running_.
class Queue::Control : public JobControl {
 public:
  Control(Queue& queue, Job& job) : queue_(queue), job_(job) {}

  void begin_picture(int picture, int pictures) override {
    change([&](RunningState& state) {
      state.picture = picture, state.pictures = pictures, state.step = state.steps = 0;
      state.preview = nullptr;
    });
  }

  void progress(const ProgressEvent& event) override {
    bool is_new_stage = false;
    change([&](RunningState& state) {
      is_new_stage = state.stage != event.stage;
      state.stage = event.stage, state.note = event.note;
      if (event.stage != "sampling" && event.stage != "training") return;
      const double time = now();
      if (event.step > 1 && event.step == state.step + 1) {
        // Newer steps count more: the first ones warm up.
        const double took = time - last_step_;
        state.seconds_per_step = state.seconds_per_step > 0 ? 0.7 * state.seconds_per_step + 0.3 * took : took;
      }
      last_step_ = time;
      state.step = event.step, state.steps = event.total;
    });
    if (!is_new_stage && now() - told_ < kProgressPause) return;
    told_ = now();
    queue_.events_.add("progress", job_.id, progress_data(*queue_.running()), /*is_state=*/true);
  }

  void check() override {
    change([](RunningState&) {});
  }

  void preview(Image&& image) override {
    const auto kept = std::make_shared<const Image>(std::move(image));
    change([&](RunningState& state) { state.preview = kept, ++state.preview_id; });
    if (now() - shown_ < kProgressPause) return;
    shown_ = now();
    queue_.events_.add("preview", job_.id, preview_data(*queue_.running()), /*is_state=*/true);
  }

  void picture(const PictureRecord& picture) override {
    PictureRecord kept = picture;
    kept.id = queue_.store_.add_picture(picture);
    if (kept.is_listed) queue_.events_.add("picture", job_.id, picture_data(kept));
    check();
  }

  std::vector<PictureRecord> kept_pictures() const override { return queue_.store_.pictures_of(job_.id); }

  void warn(const std::string& text) override {
    if (std::find(job_.warnings.begin(), job_.warnings.end(), text) != job_.warnings.end()) return;
    job_.warnings.push_back(text);
    queue_.events_.add("warning", job_.id, warning_data(job_.id, text));
  }

  bool take_skip() override {
    const std::lock_guard lock(queue_.mutex_);
    const bool was_skipped = queue_.running_->is_skipped && !queue_.running_->is_cancelled && !queue_.is_stopping_;
    queue_.running_->is_skipped = false;
    return was_skipped;
  }

  void tell(const std::string& event, const std::string& data) override {
    queue_.events_.add(event, job_.id, data, /*is_state=*/true);
  }

  bool others_wait() override {
    // A long job keeps the queue from being idle; what is done then is done between.
    if (now() - queue_.last_idle_ > double(kIdlePause.count())) queue_.last_idle_ = now(), queue_.idle_();
    return !queue_.is_paused() && queue_.store_.waiting_count(queue_.long_kinds_) > 0;
  }

  void let_others_pass() override {
    queue_.run_others();
    last_step_ = now();  // what passed is no step of this job
  }

 private:
  template <typename Change>
  void change(const Change& how) {
    const std::lock_guard lock(queue_.mutex_);
    how(*queue_.running_);
    if (queue_.running_->is_cancelled || queue_.running_->is_skipped || queue_.is_stopping_)
      fail(ErrorKind::cancelled, "job {}: cancelled", job_.id);
  }

  Queue& queue_;
  Job& job_;
  double last_step_ = 0, told_ = 0, shown_ = 0;
};

Queue::Queue(JobStore& store, EventLog& events) : store_(store), events_(events) {
  store_.recover();
}

Queue::~Queue() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void Queue::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
}

void Queue::set_runner(const std::string& kind, JobRunner runner, bool is_long) {
  runners_[kind] = std::move(runner);
  if (is_long) long_kinds_.push_back(kind);
}

void Queue::set_idle(std::function<void()> idle) {
  idle_ = std::move(idle);
}

void Queue::wake() {
  {
    const std::lock_guard lock(mutex_);
    ++submitted_;
  }
  changed_.notify_all();
}

void Queue::start() {
  thread_ = std::thread([this] { work(); });
}

bool Queue::submit(Job& job, bool to_front) {
  if (job.id.empty()) job.id = drawn_id();
  require(is_job_id(job.id), ErrorKind::invalid_request,
          "a job's id must be 1 to 64 letters, digits and - _ . ( ); {} was given", formats::in_quotes(job.id));
  require(runners_.contains(job.kind), ErrorKind::invalid_request, "there is no kind of job called {}",
          formats::in_quotes(job.kind));
  require(store_.count(JobState::waiting) < kMostWaiting, ErrorKind::invalid_request,
          "{} jobs wait already, no more are taken; cancel some", kMostWaiting);
  job.created = now();
  {
    const std::lock_guard change(changing_);
    if (const auto same = store_.add(job, to_front)) {
      job = *same;
      return false;
    }
    tell(job);
  }
  {
    const std::lock_guard lock(mutex_);
    ++submitted_;
  }
  changed_.notify_all();
  return true;
}

void Queue::cancel(const std::string& id) {
  const std::lock_guard change(changing_);
  {
    const std::lock_guard lock(mutex_);
    for (auto* state : {&running_, &standing_}) {
      if (!*state || (*state)->job != id) continue;
      (*state)->is_cancelled = true;
      return;
    }
  }
  auto job = store_.job(id);
  require(job.has_value(), ErrorKind::not_found, "there is no job {}", formats::in_quotes(id));
  if (job->state != JobState::waiting) return;
  job->state = JobState::cancelled;
  job->ended = now();
  store_.update(*job);
  tell(*job);
  changed_.notify_all();
}

void Queue::skip() {
  const std::lock_guard lock(mutex_);
  if (running_) running_->is_skipped = true;
}

void Queue::move(const std::string& id, Move where) {
  require(store_.job(id).has_value(), ErrorKind::not_found, "there is no job {}", formats::in_quotes(id));
  store_.move(id, where);
  tell_order();
}

int64_t Queue::cancel_waiting(const std::string& owner) {
  const int64_t cancelled = store_.cancel_waiting(owner);
  tell_order();
  changed_.notify_all();
  return cancelled;
}

void Queue::pause(bool is_paused) {
  {
    const std::lock_guard lock(mutex_);
    is_paused_ = is_paused;
  }
  tell_order();
  changed_.notify_all();
}

bool Queue::is_paused() const {
  const std::lock_guard lock(mutex_);
  return is_paused_;
}

EndedJob Queue::wait(const std::string& id) const {
  std::unique_lock lock(mutex_);
  while (true) {
    // The store has a lock of its own and never takes this one.
    const auto job = store_.job(id);
    require(job.has_value(), ErrorKind::not_found, "there is no job {}", formats::in_quotes(id));
    if (has_ended(job->state) && !(running_ && running_->job == id)) {
      const auto kept = std::find_if(last_previews_.begin(), last_previews_.end(),
                                     [&](const auto& preview) { return preview.first == id; });
      return {*job, kept == last_previews_.end() ? nullptr : kept->second};
    }
    require(!is_stopping_, ErrorKind::cancelled, "job {}: the server is stopping; it waits for the next start", id);
    changed_.wait_for(lock, std::chrono::seconds(1));
  }
}

std::optional<RunningState> Queue::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::optional<RunningState> Queue::state_of(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  for (const auto* state : {&running_, &standing_})
    if (*state && (*state)->job == id) return *state;
  return std::nullopt;
}

void Queue::tell(const Job& job) {
  events_.add("job", job.id, job_data(job, {}, std::nullopt));
}

std::optional<Job> Queue::taken(const std::vector<std::string>& other_than) {
  const std::lock_guard change(changing_);
  std::optional<Job> job;
  {
    const std::lock_guard lock(mutex_);
    if (is_paused_ || is_stopping_ || (standing_ && standing_->is_cancelled)) return std::nullopt;
    job = store_.start_next(other_than);
    // Under one lock, so that nobody finds a job that neither waits nor can be told to end.
    if (job) running_ = RunningState{.job = job->id, .owner = job->owner, .kind = job->kind, .started = now()};
  }
  if (job) tell(*job);
  return job;
}

std::optional<Job> Queue::taken_if_kept(const std::vector<std::string>& other_than) {
  try {
    auto job = taken(other_than);
    is_full_ = false;
    return job;
  } catch (const Error& error) {
    if (!std::exchange(is_full_, true)) events_.add("warning", "", warning_data("", error.what()));
    return std::nullopt;
  }
}

void Queue::run_others() {
  {
    const std::lock_guard lock(mutex_);
    standing_ = std::exchange(running_, std::nullopt);
  }
  const auto go_on = [this] {
    const std::lock_guard lock(mutex_);
    running_ = std::exchange(standing_, std::nullopt);
  };
  try {
    while (auto job = taken_if_kept(long_kinds_)) run_one(std::move(*job));
  } catch (...) {
    go_on();
    throw;
  }
  go_on();
}

void Queue::tell_order() {
  events_.add("queue", "", queue_data(store_.waiting(kMostWaiting), is_paused()), /*is_state=*/true);
}

void Queue::work() {
  while (true) {
    int64_t seen = 0;
    bool was_paused = false;
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_) return;
      seen = submitted_, was_paused = is_paused_;
    }
    if (auto job = taken_if_kept({})) {
      run_one(std::move(*job));
      continue;
    }
    last_idle_ = now();
    idle_();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, is_full_ ? kDiskPause : kIdlePause,
                      [&] { return is_stopping_ || submitted_ != seen || is_paused_ != was_paused; });
  }
}

void Queue::keep_end(const Job& job) {
  for (bool is_told = false;; is_told = true) {
    try {
      return store_.update(job);
    } catch (const Error& error) {
      if (!is_told) events_.add("warning", job.id, warning_data(job.id, error.what()));
    }
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kDiskPause, [&] { return is_stopping_; })) return;
  }
}

void Queue::run_one(Job job) {
  Control control(*this, job);
  const auto end = [&](JobState state, const std::string& error) { job.state = state, job.error = error; };
  try {
    runners_.at(job.kind)(job, control);
    end(JobState::finished, "");
  } catch (const Error& error) {
    end(error.kind() == ErrorKind::cancelled ? JobState::cancelled : JobState::failed, error.what());
  } catch (const std::bad_alloc&) {
    end(JobState::failed, "out of memory; try a smaller size or batch");
  } catch (const std::exception& error) {
    end(JobState::failed, error.what());
  }
  {
    const std::lock_guard lock(mutex_);
    // Stopped with the program, not by anybody: recover() lets it wait again.
    if (is_stopping_ && !running_->is_cancelled && job.state == JobState::cancelled) return;
  }
  if (job.state == JobState::cancelled) job.error.clear();
  job.ended = now();
  keep_end(job);
  {
    const std::lock_guard lock(mutex_);
    last_previews_.emplace_back(job.id, running_->preview);
    if (last_previews_.size() > kKeptPreviews) last_previews_.pop_front();
    running_.reset();
  }
  events_.add("job", job.id, job_data(job, store_.pictures_of(job.id), std::nullopt));
  changed_.notify_all();
}

}  // namespace darkroom::jobs
