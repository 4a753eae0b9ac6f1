// What a sampling step costs outside the network, side by side with the network's own time on the embedded model: the
// counter `of_unet` is their ratio.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <chrono>

#include "base/cpu.h"
#include "generate/guided_unet.h"
#include "generate/latents.h"
#include "generate/sampling.h"

namespace darkroom::generate {
namespace {

struct Bench {
  LoadedModel model{{.model = DARKROOM_SOURCE_DIR "/models/emoji", .precision = "fp32"}};
  GenerateRequest request =
      settled(model, completed_request({{"prompt", "a red apple"}, {"seed", "1"}}, model.recommended()));
  PromptPair pair = encode_prompts(model.parts(), request);
};

Bench& bench() {
  static Bench& one = []() -> Bench& {
    at::set_num_threads(usable_cores());
    static Bench made;
    return made;
  }();
  return one;
}

/// Seconds of one guided call of the U-Net, one picture, CFG: the fastest of several.
double unet_seconds() {
  static const double fastest = [] {
    const c10::InferenceMode inference;
    const auto denoise = guided_unet(bench().model.parts(), bench().pair, 4, 1);
    const auto shape = latent_shape(bench().model.parts(), bench().request);
    const Tensor x = at::randn({1, shape[0], shape[1], shape[2]});
    double best = 1e9;
    for (int i = 0; i < 40; ++i) {
      const auto start = std::chrono::steady_clock::now();
      benchmark::DoNotOptimize(denoise(x, 2.0));
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
  }();
  return fastest;
}

/// A run of 20 steps whose network answers at once.
void run(benchmark::State& state, const diffusion::SamplerInfo& sampler, const std::string& noise_kind) {
  const c10::InferenceMode inference;
  GenerateRequest request = bench().request;
  request.sampler = sampler.name;
  request.schedule = "Automatic";
  request.noise = noise_kind;
  request.steps = 20;
  const Sampling sampling = sampling_of(request, bench().model.parts().noise_schedule, /*is_sdxl=*/false);
  int calls = 0;
  const diffusion::Denoiser instant = [&](const Tensor& x, double) { return ++calls, x; };
  for (auto _ : state) {
    calls = 0;
    diffusion::RunNoise noise(sampling.choice.sampler, sampling.noise, sampling.options.eta, {1},
                              latent_shape(bench().model.parts(), request), sampling.sigmas);
    diffusion::SampleOptions options = sampling.options;
    options.noise = noise.source();
    benchmark::DoNotOptimize(sampling.sample(instant, noise.first(), options));
  }
  state.counters["per_call"] =
      benchmark::Counter(double(calls), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["of_unet"] = benchmark::Counter(
      double(calls) * unet_seconds(), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace
}  // namespace darkroom::generate

int main(int argc, char** argv) {
  using namespace darkroom;
  benchmark::Initialize(&argc, argv);
  for (const auto& sampler : diffusion::samplers()) {
    const bool draws_path = sampler.noise == diffusion::NoiseUse::path;
    for (const char* noise : {"sequential", "brownian"}) {
      if (std::string(noise) == "brownian" && !draws_path) continue;
      const std::string name = sampler.name + (draws_path ? std::string("/") + noise : "");
      benchmark::RegisterBenchmark(name.c_str(),
                                   [&sampler, noise](benchmark::State& state) { generate::run(state, sampler, noise); })
          ->Unit(benchmark::kMicrosecond)
          ->UseRealTime();
    }
  }
  fmt::print("the embedded model's U-Net: {:.2f} ms a step\n", 1e3 * generate::unet_seconds());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
