// at::parallel_for is a template in libtorch's headers. Without the compiler's OpenMP it computes everything on one
// thread, correctly and at half the speed: nothing else would notice.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

namespace darkroom::layers {
namespace {

TEST(Parallel, WorkIsShared) {
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  std::mutex mutex;
  std::set<int> seen;
  at::parallel_for(0, 2, 1, [&](int64_t, int64_t) {
    const std::lock_guard lock(mutex);
    seen.insert(at::get_thread_num());
  });
  at::set_num_threads(threads);
  EXPECT_EQ(seen, (std::set<int>{0, 1}));
}

}  // namespace
}  // namespace darkroom::layers
