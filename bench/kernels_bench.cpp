// Attention, linear layers and convolutions of SD 1.5 at 512 x 512 with CFG and of SDXL, each alone, by every kind of
// products this processor has: what they reach of the most it can do in registers, measured beside each.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cpu.h"
#include "bench/machine.h"
#include "layers/bf16_attention.h"
#include "layers/bf16_kernels.h"
#include "layers/conv2d.h"
#include "layers/flash_attention.h"
#include "layers/kernels/bf16_product_kernel.h"
#include "layers/linear.h"
#include "layers/tensor_memory.h"

namespace darkroom {
namespace {

using layers::Bf16Kernels;

struct Kind {
  const char* name;
  at::ScalarType type;
  Bf16Kernels kernels = Bf16Kernels::of_processor;
};

std::vector<Kind> kinds_of_processor() {
  std::vector<Kind> kinds = {{"fp32", at::kFloat}};
  if (layers::has_pair_products()) kinds.push_back({"bf16 by vectors", at::kBFloat16, Bf16Kernels::in_vectors});
  if (layers::has_bf16_kernels() && layers::computes_in_tiles())
    kinds.push_back({"bf16 by tiles", at::kBFloat16, Bf16Kernels::in_tiles});
  return kinds;
}

Tensor numbers(at::IntArrayRef sizes, at::ScalarType type, double spread = 1) {
  return (at::randn(sizes) * spread).to(type);
}

/// The rate counts the plain sum's work; fractions are of the peak of the kind, and of that of vectors of bf16.
void measure(benchmark::State& state, const Kind& kind, double gflop, const std::function<void()>& once) {
  layers::use_bf16_kernels(kind.kernels);
  const bench::Peak before = bench::measure_peak();
  double seconds = 0;
  for (auto _ : state) {
    seconds = bench::timed(once).median;
    state.SetIterationTime(seconds);
  }
  const bench::Peak after = bench::measure_peak();
  const auto larger = [&](double bench::Peak::*of) { return std::max(before.*of, after.*of); };
  const double rate = gflop * 1e9 / seconds, vectors = larger(&bench::Peak::bf16);
  const double peak = kind.type == at::kFloat                 ? larger(&bench::Peak::fp32)
                      : kind.kernels == Bf16Kernels::in_tiles ? larger(&bench::Peak::tiles)
                                                              : vectors;
  state.counters["gflops"] = rate / 1e9;
  state.counters["of_peak"] = rate / peak;
  if (kind.type != at::kFloat) state.counters["of_vectors"] = rate / vectors;
  layers::use_bf16_kernels(Bf16Kernels::of_processor);
}

void attention(benchmark::State& state, const Kind& kind, int64_t heads, int64_t queries, int64_t keys, int64_t depth) {
  const c10::InferenceMode inference;
  const Tensor q = numbers({2, queries, heads * depth}, kind.type), k = numbers({2, keys, heads * depth}, kind.type),
               v = numbers({2, keys, heads * depth}, kind.type);
  measure(state, kind, 4e-9 * double(2 * heads * queries * keys * depth), [&] {
    benchmark::DoNotOptimize(kind.type == at::kFloat ? layers::flash_attention(q, k, v, heads)
                                                     : layers::bf16_attention(q, k, v, heads));
  });
}

void linear(benchmark::State& state, const Kind& kind, int64_t rows, int64_t in, int64_t out, bool is_geglu) {
  const c10::InferenceMode inference;
  layers::Linear layer(in, out);
  layer.weight = numbers({out, in}, at::kHalf, 0.02);
  layer.bias = at::zeros({out});
  const Tensor x = numbers({rows, in}, kind.type);
  measure(state, kind, 2e-9 * double(rows * in * out),
          [&] { benchmark::DoNotOptimize(is_geglu ? layer.geglu(x) : layer.forward(x)); });
}

void conv(benchmark::State& state, const Kind& kind, int64_t in, int64_t out, int64_t side) {
  const c10::InferenceMode inference;
  layers::Conv2d layer(in, out, 3, 1, 1);
  layer.weight = numbers({out, in, 3, 3}, at::kHalf, 0.02);
  layer.bias = at::zeros({out});
  const Tensor x = numbers({2, in, side, side}, kind.type).contiguous(at::MemoryFormat::ChannelsLast);
  measure(state, kind, 2e-9 * double(2 * in * out * 9 * side * side),
          [&] { benchmark::DoNotOptimize(layer.forward(x)); });
}

template <typename Measure, typename... Shape>
void add(const std::string& name, Measure measure_one, Shape... shape) {
  for (const Kind& kind : kinds_of_processor())
    benchmark::RegisterBenchmark(fmt::format("{}, {}", name, kind.name).c_str(),
                                 [=](benchmark::State& state) { measure_one(state, kind, shape...); })
        ->UseManualTime()
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
}

void add_attention(int64_t heads, int64_t queries, int64_t keys, int64_t depth) {
  add(fmt::format("attention 2 x {} x {} x {}, {}", heads, queries, keys, depth), attention, heads, queries, keys,
      depth);
}

void add_all() {
  for (const int64_t level : {0, 1, 2}) {
    const int64_t side = 64 >> level, pixels = side * side, width = 320 << level;
    add_attention(8, pixels, pixels, width / 8);
    add_attention(8, pixels, 77, width / 8);
    add(fmt::format("linear {} x {} -> {}", 2 * pixels, width, width), linear, 2 * pixels, width, width, false);
    add(fmt::format("GEGLU {} x {} -> {}", 2 * pixels, width, 8 * width), linear, 2 * pixels, width, 8 * width, true);
    add(fmt::format("conv 3 x 3 2 x {} -> {}, {}", width, width, side), conv, width, width, side);
  }
  add_attention(10, 4096, 4096, 64);
  add_attention(20, 1024, 1024, 64);
}

}  // namespace
}  // namespace darkroom

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  at::set_num_threads(darkroom::usable_cores());
  darkroom::layers::use_tensor_memory();
  darkroom::add_all();
  benchmark::RunSpecifiedBenchmarks();
}
