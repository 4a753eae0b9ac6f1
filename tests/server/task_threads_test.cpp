#include "server/task_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace darkroom::server {
namespace {

// What waits does not keep out what only asks.
TEST(TaskThreads, GrowWithWhatWaits) {
  TaskThreads threads(100);
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::atomic<int> waiting = 0;
  for (int i = 0; i < 50; ++i) threads.enqueue([&] { ++waiting, open.wait(); });
  std::promise<void> asked;
  threads.enqueue([&] { asked.set_value(); });
  asked.get_future().wait();
  while (waiting < 50) std::this_thread::yield();
  gate.set_value();
  threads.shutdown();
}

TEST(TaskThreads, DoAllEvenWithFewThreads) {
  TaskThreads threads(2);
  std::atomic<int> done = 0;
  for (int i = 0; i < 1000; ++i) threads.enqueue([&] { ++done; });
  threads.shutdown();
  EXPECT_EQ(done, 1000);
}

}  // namespace
}  // namespace darkroom::server
