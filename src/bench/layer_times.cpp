#include "bench/layer_times.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "bench/machine.h"
#include "layers/fast_paths.h"

namespace darkroom::bench {
namespace {

using layers::Work;

constexpr double kMostRuns = 15, kLong = 2;  // seconds after which enough has been timed
// Sums of some thousand float32 products in another order; bf16 keeps 8 bits.
constexpr double kTolerance = 1e-4, kBf16Tolerance = 2e-2;

double relative_difference(const Tensor& found, const Tensor& expected) {
  const Tensor a = found.to(at::kFloat), b = expected.to(at::kFloat);
  const double size = b.abs().max().item<double>();
  return (a - b).abs().max().item<double>() / (size > 0 ? size : 1);
}

class FastPathsGuard {
 public:
  FastPathsGuard() : before_(layers::fast_paths()) {}
  ~FastPathsGuard() { layers::set_fast_paths(before_); }

 private:
  bool before_;
};

/// By class: the largest difference between the two paths. One layer of each shape is compared, for the others are
/// computed alike.
std::map<std::string, double> differences(const std::function<void()>& step) {
  std::map<std::string, double> largest;
  if (!layers::fast_paths()) return largest;
  const FastPathsGuard guard;
  std::set<std::tuple<std::string, std::vector<int64_t>, int64_t>> seen;
  const layers::WatchedWork watch({[&](const Work& work, const layers::Compute& compute) {
    const Tensor fast = compute();
    if (!seen.emplace(work.name, work.answer, work.macs).second) return fast;
    layers::set_fast_paths(false);
    const Tensor plain = compute();
    layers::set_fast_paths(true);
    const double apart = relative_difference(fast, plain);
    const double allowed = fast.scalar_type() == at::kFloat ? kTolerance : kBf16Tolerance;
    require(apart <= allowed, ErrorKind::internal,
            "compare {} of shape {} with the plain path: values may be {} apart, are {:.3g}; please report this "
            "processor, and use --plain until then",
            work.name, fmt::join(work.answer, " x "), allowed, apart);
    largest[work.name] = std::max(largest[work.name], apart);
    return fast;
  }});
  step();
  return largest;
}

}  // namespace

double counted_flop(const std::function<void()>& work) {
  int64_t macs = 0;
  const layers::WatchedWork watch({[&](const Work& one, const layers::Compute&) {
    macs += one.macs;
    const bool is_picture = one.answer.size() == 4;
    return at::empty(one.answer, at::kFloat, is_picture ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous)
        .zero_();
  }});
  work();
  return 2.0 * double(macs);
}

LayerTimes measure_layers(const std::function<void()>& step) {
  const std::map<std::string, double> apart = differences(step);
  std::map<std::string, LayerClass> classes;
  std::map<std::string, std::vector<double>> runs;
  std::vector<double> whole;
  double sum = 0;
  while (whole.size() < 3 || (sum < kLong && whole.size() < kMostRuns)) {
    std::map<std::string, double> seconds;
    for (auto& [name, one] : classes) one.count = 0, one.flop = one.bytes = 0;
    const layers::WatchedWork watch({[&](const Work& work, const layers::Compute& compute) {
      Tensor answer;
      seconds[work.name] += seconds_of([&] { answer = compute(); });
      LayerClass& one = classes[work.name];
      ++one.count;
      one.flop += 2.0 * double(work.macs);
      one.bytes += double(work.values) * double(answer.element_size());
      return answer;
    }});
    whole.push_back(seconds_of(step));
    sum += whole.back();
    for (const auto& [name, time] : seconds) runs[name].push_back(time);
  }
  LayerTimes found{{}, timing_of(whole)};
  for (auto& [name, one] : classes) {
    one.name = name;
    one.time = timing_of(runs[name]);
    if (const auto compared = apart.find(name); compared != apart.end()) one.difference = compared->second;
    found.classes.push_back(one);
  }
  std::sort(found.classes.begin(), found.classes.end(),
            [](const LayerClass& a, const LayerClass& b) { return a.time.median > b.time.median; });
  return found;
}

}  // namespace darkroom::bench
