#include "bench/machine.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/cpu.h"
#include "layers/kernels/peak_kernel.h"

namespace darkroom::bench {
namespace {

TEST(Machine, SaysWhatItIs) {
  const Machine machine = this_machine();
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_FALSE(machine.instructions.empty());
  EXPECT_EQ(machine.threads, at::get_num_threads());
}

TEST(Machine, PeakIsThatOfVectors) {
  const Peak peak = measure_peak();
  EXPECT_GT(peak.fp32, 1e9);
  EXPECT_LT(peak.fp32, 1e12 * at::get_num_threads()) << "twice what the widest vectors could do at 5 GHz";
  EXPECT_EQ(peak.bf16 > 0, cpu_has_bf16());
  EXPECT_EQ(peak.tiles > 0, cpu_has_amx_bf16());
  EXPECT_GE(peak.most_bf16(), std::max(peak.bf16, peak.tiles));
}

TEST(Machine, TheKernelDoesWhatItCounts) {
  // Twice the rounds take twice the FLOP, and are not left out: the fastest of several takes longer.
  EXPECT_EQ(layers::multiply_in_registers(2000), 2 * layers::multiply_in_registers(1000));
  const auto fastest = [](std::int64_t rounds) {
    double best = 1e9;
    for (int i = 0; i < 9; ++i) best = std::min(best, seconds_of([&] { layers::multiply_in_registers(rounds); }));
    return best;
  };
  EXPECT_GT(fastest(400'000), 2 * fastest(50'000));
}

TEST(Machine, SumsAreOfAllNumbers) {
  std::vector<float> numbers(1003);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = float(i);
  EXPECT_EQ(layers::sum_of(numbers.data(), 1003), 1003 * 1002 / 2);
  EXPECT_EQ(layers::sum_of(numbers.data(), 0), 0);
}

TEST(Machine, KnowsItsProcess) {
  EXPECT_GT(most_resident_bytes(), 10 << 20);
  const double before = seconds_since_process_start();
  EXPECT_GT(before, 0);
  EXPECT_LT(before, 3600);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_NEAR(seconds_since_process_start() - before, 0.05, 0.04 + 2);  // a busy machine sleeps longer
}

TEST(Timing, IsTheMiddleOne) {
  const Timing odd = timing_of({3, 1, 2}), even = timing_of({4, 1, 3, 2});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.fastest, 1);
  EXPECT_EQ(odd.slowest, 3);
  EXPECT_EQ(odd.runs, 3);
  EXPECT_EQ(even.median, 2.5);
  int calls = 0;
  EXPECT_EQ(timed([&] { ++calls; }).runs, 15);
  EXPECT_EQ(calls, 15);
}

}  // namespace
}  // namespace darkroom::bench
