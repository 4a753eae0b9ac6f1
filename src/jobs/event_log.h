// What those who watch are told. Each event has a number one higher than the last, so that a watcher who was away says
// where he was and goes on from there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::jobs {

struct Event {
  int64_t id = 0;
  std::string name;     ///< "job", "progress", "preview", "picture", "residency", "warning"
  std::string subject;  ///< whose: a job's id; may be empty
  std::string data;     ///< JSON on one line
};

/// Thread-safe.
class EventLog {
 public:
  /// Keeps the last `kept` events. Their numbers follow `before`: something that grows from start to start of the
  /// program, so that a number of an earlier start is recognised.
  explicit EventLog(size_t kept = 2000, int64_t before = 0) : kept_(kept), last_(before) {}

  /// `is_state`: only the newest of this name and subject means anything, so slow readers are spared the others.
  void add(std::string name, std::string subject, std::string data, bool is_state = false);

  /// The number of the last event.
  int64_t last() const;

  /// What came after event `id`, waiting for something up to `patience`; nothing where that has passed or the log is
  /// closed. No value: it is no longer known what came directly after, ask for the whole state instead.
  std::optional<std::vector<Event>> after(int64_t id, std::chrono::milliseconds patience) const;

  /// Wakes all who wait, for good.
  void close();
  bool is_closed() const;

 private:
  struct Kept {
    Event event;
    bool is_state;
  };
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  std::deque<Kept> events_;
  size_t kept_;
  int64_t last_;
  bool is_closed_ = false;
};

}  // namespace darkroom::jobs
