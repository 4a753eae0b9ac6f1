#include "bench/machine.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>

#include "layers/bf16_kernels.h"
#include "layers/kernels/peak_kernel.h"
#include "layers/kernels/tile_product_kernel.h"

namespace darkroom::bench {
namespace {

constexpr std::int64_t kRounds = 200'000;  // about a millisecond
constexpr int kRepeats = 20;
constexpr std::int64_t kMuchMemory = std::int64_t(64) << 20;  // floats: more than any cache
constexpr double kLong = 1;                                   // seconds after which enough has been timed
constexpr size_t kFewest = 3, kMost = 15;                     // runs

/// The value behind "key\t: value" or "key:\tvalue"; "" if there is none.
std::string value_in(const char* file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const size_t begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

/// libtorch says it in a line of its configuration only: "  - CPU capability usage: AVX2".
std::string libtorch_instructions() {
  const std::string config = at::show_config(), key = "CPU capability usage: ";
  const size_t at = config.find(key);
  if (at == std::string::npos) return "unknown vectors";
  return config.substr(at + key.size(), config.find('\n', at) - at - key.size());
}

/// FLOP per second of all threads, of the fastest run: what disturbs only slows down.
double fastest_rate(double (*kernel)(std::int64_t)) {
  double best = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    std::atomic<double> flop = 0;
    const double seconds = seconds_of([&] {
      at::parallel_for(0, at::get_num_threads(), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) flop += kernel(kRounds);
      });
    });
    best = std::max(best, flop / seconds);
  }
  return best;
}

}  // namespace

double seconds_of(const std::function<void()>& once) {
  const auto start = std::chrono::steady_clock::now();
  once();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Timing timing_of(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const size_t middle = seconds.size() / 2;
  const double median = seconds.size() % 2 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
  return {median, seconds.front(), seconds.back(), int(seconds.size())};
}

Timing timed(const std::function<void()>& once) {
  std::vector<double> seconds;
  double sum = 0;
  while (seconds.size() < kFewest || (sum < kLong && seconds.size() < kMost)) {
    seconds.push_back(seconds_of(once));
    sum += seconds.back();
  }
  return timing_of(std::move(seconds));
}

Machine this_machine() {
  Machine machine;
  machine.cpu = value_in("/proc/cpuinfo", "model name");
  if (machine.cpu.empty()) machine.cpu = "unknown";
  machine.instructions = layers::vector_instructions();
  machine.libtorch = libtorch_instructions();
  machine.threads = at::get_num_threads();
  return machine;
}

Peak measure_peak() {
  const bool has_bf16 = layers::bf16_dot_products_in_registers(1) > 0;
  return {.fp32 = fastest_rate(layers::multiply_in_registers),
          .bf16 = has_bf16 ? fastest_rate(layers::bf16_dot_products_in_registers) : 0,
          .tiles = layers::computes_in_tiles() ? fastest_rate(layers::tile_products_in_registers) : 0};
}

double measure_bandwidth() {
  const at::Tensor numbers = at::ones({kMuchMemory});
  const float* data = numbers.data_ptr<float>();
  double best = 0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::atomic<float> sum = 0;
    const double seconds = seconds_of([&] {
      at::parallel_for(0, kMuchMemory, 1,
                       [&](std::int64_t begin, std::int64_t end) { sum += layers::sum_of(data + begin, end - begin); });
    });
    best = std::max(best, double(kMuchMemory) * sizeof(float) / seconds);
  }
  return best;
}

double seconds_since_process_start() {
  std::ifstream stat("/proc/self/stat"), uptime("/proc/uptime");
  std::string text;
  std::getline(stat, text);
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
  double start = 0, now = 0;
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;  // proc(5): the 22nd is its start, in clock ticks
  fields >> start;
  uptime >> now;
  return std::max(0.0, now - start / double(sysconf(_SC_CLK_TCK)));
}

std::int64_t most_resident_bytes() {
  const std::string kib = value_in("/proc/self/status", "VmHWM");
  return kib.empty() ? 0 : std::stoll(kib) * 1024;
}

}  // namespace darkroom::bench
