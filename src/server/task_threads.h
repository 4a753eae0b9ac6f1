// Threads for connections: as many as there are, each used again. A connection may wait long (for a picture, for
// events), so a fixed number of threads would let those who wait keep out those who only ask.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace darkroom::server {

class TaskThreads : public httplib::TaskQueue {
 public:
  /// Beyond `most` threads connections wait for one.
  explicit TaskThreads(size_t most) : most_(most) {}

  void enqueue(std::function<void()> task) override;
  /// Waits for all tasks.
  void shutdown() override;

 private:
  void work();

  size_t most_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool is_stopping_ = false;
};

}  // namespace darkroom::server
