#include "jobs/event_log.h"

#include <algorithm>
#include <set>
#include <utility>

namespace darkroom::jobs {

void EventLog::add(std::string name, std::string subject, std::string data, bool is_state) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back({{++last_, std::move(name), std::move(subject), std::move(data)}, is_state});
    if (events_.size() > kept_) events_.pop_front();
  }
  news_.notify_all();
}

int64_t EventLog::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::optional<std::vector<Event>> EventLog::after(int64_t id, std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  const auto is_unknown = [&] { return id > last_ || id < last_ - int64_t(events_.size()); };
  if (is_unknown()) return std::nullopt;
  news_.wait_for(lock, patience, [&] { return last_ > id || is_closed_; });
  if (is_unknown()) return std::nullopt;
  std::vector<Event> found;
  std::set<std::pair<std::string, std::string>> seen;
  for (auto kept = events_.rbegin(); kept != events_.rend() && kept->event.id > id; ++kept) {
    if (kept->is_state && !seen.insert({kept->event.name, kept->event.subject}).second) continue;
    found.push_back(kept->event);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

void EventLog::close() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  news_.notify_all();
}

bool EventLog::is_closed() const {
  const std::lock_guard lock(mutex_);
  return is_closed_;
}

}  // namespace darkroom::jobs
