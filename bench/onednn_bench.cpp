// Layers of SD 1.5 at 512 x 512 with CFG beside oneDNN's own primitives for the same shapes, fp32, in turn: how much of
// what oneDNN reaches our layers reach. oneDNN has its weights in the layout it likes best, made before it is timed,
// and may choose that of convolutions' pictures too; ours has fp16 weights as a file has them, and pictures as the
// network hands them on.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <dnnl.hpp>
#include <functional>
#include <vector>

#include "base/cpu.h"
#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/tensor_memory.h"

namespace darkroom::layers {
namespace {

using dnnl::memory;
using Dims = memory::dims;
using Tag = memory::format_tag;

constexpr int kRounds = 7;

const dnnl::engine& engine() {
  static const dnnl::engine one(dnnl::engine::kind::cpu, 0);
  return one;
}

memory::desc described(const Dims& dims, Tag tag) {
  return {dims, memory::data_type::f32, tag};
}

/// A primitive with memory of its own in the layouts it asked for. `Primitive`: convolution_forward or
/// inner_product_forward.
template <typename Primitive, typename... Description>
std::function<void()> once(Description... description) {
  const typename Primitive::desc asked(dnnl::prop_kind::forward_inference, description...);
  const typename Primitive::primitive_desc chosen(asked, engine());
  std::vector<Tensor> kept;  // in the program's own memory, of huge pages
  const auto made = [&](const memory::desc& desc) {
    kept.push_back(at::full({int64_t(desc.get_size() / sizeof(float))}, 0.01));
    return memory(desc, engine(), kept.back().data_ptr());
  };
  const std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, made(chosen.src_desc())},
                                                     {DNNL_ARG_WEIGHTS, made(chosen.weights_desc())},
                                                     {DNNL_ARG_BIAS, made(chosen.bias_desc())},
                                                     {DNNL_ARG_DST, made(chosen.dst_desc())}};
  return [primitive = Primitive(chosen), arguments, kept, stream = dnnl::stream(engine())]() mutable {
    primitive.execute(stream, arguments);
    stream.wait();
  };
}

std::function<void()> onednn_linear(int64_t rows, int64_t in, int64_t out) {
  return once<dnnl::inner_product_forward>(described({rows, in}, Tag::ab), described({out, in}, Tag::any),
                                           described({out}, Tag::a), described({rows, out}, Tag::ab));
}

std::function<void()> onednn_conv(const Dims& x, int64_t out, int64_t kernel, int64_t stride, bool channels_last) {
  const auto layout = channels_last ? Tag::nhwc : Tag::any;
  const int64_t padding = kernel / 2, height = x[2] / stride, width = x[3] / stride;
  return once<dnnl::convolution_forward>(dnnl::algorithm::convolution_auto, described(x, layout),
                                         described({out, x[1], kernel, kernel}, Tag::any), described({out}, Tag::a),
                                         described({x[0], out, height, width}, layout), Dims{stride, stride},
                                         Dims{padding, padding}, Dims{padding, padding});
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + int64_t(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// All in turn, kRounds times; the time that counts is ours, the ratio the median of ratios of neighbours.
void compare(benchmark::State& state, double gflop, const std::function<void()>& ours,
             const std::vector<std::function<void()>>& theirs) {
  ours();
  for (const auto& one : theirs) one();
  std::vector<double> mine, best, ratios;
  for (auto _ : state) {
    for (int round = 0; round < kRounds; ++round) {
      const double own = seconds_of(ours);
      double other = 1e9;
      for (const auto& one : theirs) other = std::min(other, seconds_of(one));
      mine.push_back(own), best.push_back(other), ratios.push_back(other / own);
    }
    state.SetIterationTime(median(mine));
  }
  state.counters["ours_gflops"] = gflop / median(mine);
  state.counters["onednn_gflops"] = gflop / median(best);
  state.counters["of_onednn"] = median(ratios);
}

void linear(benchmark::State& state, int64_t rows, int64_t in, int64_t out, bool is_geglu) {
  const c10::InferenceMode inference;
  Linear layer(in, out);
  layer.weight = (at::randn({out, in}) * 0.02).to(at::kHalf);
  layer.bias = at::zeros({out});
  const Tensor x = at::randn({rows, in});
  compare(state, 2e-9 * double(rows * in * out),
          [&] { benchmark::DoNotOptimize(is_geglu ? layer.geglu(x) : layer.forward(x)); },
          {onednn_linear(rows, in, out)});
}

void conv(benchmark::State& state, int64_t in, int64_t out, int64_t side, int64_t kernel, int64_t stride) {
  const c10::InferenceMode inference;
  Conv2d layer(in, out, kernel, stride, kernel / 2);
  layer.weight = (at::randn({out, in, kernel, kernel}) * 0.02).to(at::kHalf);
  layer.bias = at::zeros({out});
  const Tensor x = at::randn({2, in, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
  const Dims dims = {2, in, side, side};
  compare(state, 2e-9 * double(2 * in * out * kernel * kernel * (side / stride) * (side / stride)),
          [&] { benchmark::DoNotOptimize(layer.forward(x)); },
          {onednn_conv(dims, out, kernel, stride, true), onednn_conv(dims, out, kernel, stride, false)});
}

void add(const std::string& name, const std::function<void(benchmark::State&)>& measure) {
  benchmark::RegisterBenchmark(name.c_str(), measure)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
}

void add_all() {
  for (const int64_t level : {0, 1, 2, 3}) {
    const int64_t side = 64 >> level, rows = 2 * side * side, width = 320 << std::min<int64_t>(level, 2);
    const auto add_linear = [&](const char* what, int64_t in, int64_t out, bool is_geglu = false) {
      add(fmt::format("{} {} x {} -> {}", what, rows, in, out),
          [=](benchmark::State& state) { linear(state, rows, in, out, is_geglu); });
    };
    add_linear("linear", width, width);
    add_linear("linear", 4 * width, width);
    add_linear("GEGLU", width, 8 * width, true);
    add_linear("linear", 2 * width, width);
    const auto add_conv = [&](int64_t in, int64_t kernel, int64_t stride) {
      add(fmt::format("conv {0} x {0} 2 x {1} -> {2}, {3}{4}", kernel, in, width, side, stride > 1 ? ", stride 2" : ""),
          [=](benchmark::State& state) { conv(state, in, width, side, kernel, stride); });
    };
    add_conv(width, 3, 1);
    add_conv(2 * width, 3, 1);
    add_conv(2 * width, 1, 1);
    if (level < 3) add_conv(width, 3, 2);
  }
}

}  // namespace
}  // namespace darkroom::layers

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  at::set_num_threads(darkroom::usable_cores());
  darkroom::layers::use_tensor_memory();
  darkroom::layers::add_all();
  benchmark::RunSpecifiedBenchmarks();
}
