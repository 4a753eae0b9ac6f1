#include "bench/measure.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/cpu.h"
#include "base/error.h"
#include "bench/layer_times.h"
#include "bench/machine.h"
#include "generate/default_model.h"
#include "generate/guided_unet.h"
#include "generate/latents.h"
#include "layers/attention.h"
#include "layers/fast_paths.h"

namespace darkroom::bench {
namespace {

namespace fs = std::filesystem;
using generate::GenerateRequest;
using generate::LoadedModel;

constexpr const char* kPrompt = "a red apple";
constexpr double kCfgScale = 7, kSigma = 2;
constexpr int kSteps = 4;  // of the pictures: enough to see what is not steps

/// Attention as Stable Diffusion has it, of one picture.
struct AttentionCase {
  int64_t heads, queries, keys, depth;
};
constexpr AttentionCase kAttention[] = {
    {8, 4096, 4096, 40}, {8, 1024, 1024, 80}, {8, 256, 256, 160}, {8, 4096, 77, 40}, {10, 1024, 1024, 64}};

/// Reads the files once, so that the system keeps them in memory.
void warm_page_cache(const std::string& model) {
  const fs::path path = model.empty() ? generate::default_model() : fs::path(model);
  std::vector<fs::path> files = {path};
  std::error_code ignored;  // whatever is wrong with the model, loading says it better
  if (fs::is_directory(path, ignored)) {
    files.clear();
    for (const auto& entry : fs::recursive_directory_iterator(path, ignored))
      if (entry.is_regular_file(ignored)) files.push_back(entry.path());
  }
  std::vector<char> block(size_t(1) << 20);
  for (const fs::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    while (stream.read(block.data(), std::streamsize(block.size()))) {
    }
  }
}

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Run {
 public:
  Run(const BenchRequest& request, const Progress& progress)
      : request_(request), progress_(progress), started_(seconds_since_process_start()) {
    for (const std::string& part : request.parts)
      require(std::find(bench_parts().begin(), bench_parts().end(), part) != bench_parts().end(),
              ErrorKind::invalid_request, "--parts: must be some of {}; {} was given", fmt::join(bench_parts(), ","),
              part);
    const GenerateRequest early = generate::completed_request(request.said);
    at::set_num_threads(early.threads > 0 ? early.threads : usable_cores());
    layers::set_fast_paths(!request.plain);
    choice_ = generate::model_choice(early);
    bench_.plain = request.plain;
  }

  Bench measure() {
    bench_.machine = this_machine();
    look_at_peak();
    if (wants_model()) load();
    const c10::InferenceMode inference;
    if (wants("first") || wants("second") || wants("memory")) make_pictures();
    if (wants("memory")) bench_.resident_bytes = most_resident_bytes();
    if (!pictures_.empty()) count_pictures();
    if (wants("peak")) part("memory bandwidth", [&] { bench_.machine.bandwidth = measure_bandwidth(); });
    if (wants("step") || wants("layers")) measure_step();
    if (wants("attention")) measure_attention();
    if (wants("vae")) measure_vae();
    if (wants("text")) measure_text();
    tell("done");
    return std::move(bench_);
  }

 private:
  bool wants(const char* part) const { return request_.parts.empty() || request_.parts.contains(part); }
  bool wants_model() const {
    for (const char* part : {"load", "first", "second", "memory", "step", "layers", "attention", "vae", "text"})
      if (wants(part)) return true;
    return false;
  }

  void tell(const std::string& what) {
    const int all = int(request_.parts.empty() ? bench_parts().size() : request_.parts.size());
    progress_({"measuring", std::min(told_++, all), all, what});
  }
  void part(const std::string& what, const std::function<void()>& measure_it) {
    tell(what);
    measure_it();
  }

  /// FLOP/s in the model's numbers; cores of a rented machine are now faster, now slower, so each group has its own.
  double look_at_peak() {
    bench_.peaks.push_back(measure_peak());
    return peak_of(bench_.peaks.back());
  }
  double peak_of(const Peak& peak) const { return bench_.precision == "bf16" ? peak.most_bf16() : peak.fp32; }

  /// Times with the peak before and after; answers the mean of the two.
  double beside_peak(const std::function<void()>& measure_it) {
    const double before = look_at_peak();
    measure_it();
    return (before + look_at_peak()) / 2;
  }

  void add(const std::string& name, double flop, const std::function<void()>& once) {
    Figure figure{.name = name, .flop = flop};
    const double peak = beside_peak([&] { figure.time = timed(once); });
    figure.ideal = flop / peak;
    bench_.figures.push_back(figure);
  }

  void load() {
    tell("loading");
    warm_page_cache(choice_.model);
    const double seconds = seconds_of([&] { model_ = std::make_unique<LoadedModel>(choice_); });
    generate::Settings said = {{"prompt", kPrompt}, {"seed", "1"}, {"cfg_scale", fmt::format("{}", kCfgScale)}};
    said.insert(request_.said.begin(), request_.said.end());
    said.emplace("steps", std::to_string(kSteps));
    picture_ = generate::settled(*model_, generate::completed_request(said, model_->recommended()));
    picture_.plain = request_.plain;
    bench_.model = model_->parts().name;
    bench_.precision = model_->parts().unet_dtype == at::kBFloat16 ? "bf16" : "fp32";
    bench_.width = picture_.width, bench_.height = picture_.height, bench_.steps = picture_.steps;
    bench_.cfg_scale = picture_.cfg_scale;
    for (const generate::PartFacts& facts : model_->part_facts())
      bench_.weight_bytes += facts.memory_bytes + facts.file_bytes;
    load_ = seconds;
    if (wants("load")) bench_.figures.push_back({.name = "loading, file in memory", .time = timing_of({seconds})});
  }

  void make_picture(const std::string& name, double* first_step) {
    tell(name);
    Figure figure{.name = fmt::format("{}, {} steps", name, picture_.steps)};
    const double peak = beside_peak([&] {
      const double begun = steady_seconds();
      const auto on_progress = [&](const ProgressEvent& event) {
        const bool is_first = event.stage == "sampling" && event.step == 1;
        if (is_first && first_step && *first_step == 0) *first_step = steady_seconds() - begun;
      };
      generate::generate(*model_, picture_, [](generate::Picture&&) {}, {.on_progress = on_progress});
      figure.time = timing_of({steady_seconds() - begun});
    });
    pictures_.push_back({bench_.figures.size(), peak});
    bench_.figures.push_back(figure);
  }

  /// After memory was looked at: a picture whose layers are watched takes more of it than one for a user.
  void count_pictures() {
    const double flop = counted_flop([&] { generate::generate(*model_, picture_, [](generate::Picture&&) {}); });
    for (const auto& [place, peak] : pictures_) {
      bench_.figures[place].flop = flop;
      bench_.figures[place].ideal = flop / peak;
    }
  }

  void make_pictures() {
    double first_step = 0;
    make_picture("first picture", &first_step);
    if (wants("first"))
      bench_.figures.push_back({.name = "from starting the program to the end of the first step",
                                .time = timing_of({started_ + load_ + first_step})});
    if (wants("second") || wants("memory")) make_picture("second picture", nullptr);
  }

  std::function<void()> step_of(const generate::PromptPair& pair) {
    const auto shape = generate::latent_shape(model_->parts(), picture_);
    const Tensor x = at::randn({1, shape[0], shape[1], shape[2]}, at::make_generator<at::CPUGeneratorImpl>(1)) * kSigma;
    return [x, denoise = generate::guided_unet(model_->parts(), pair, picture_.cfg_scale, 1)] { denoise(x, kSigma); };
  }

  void measure_step() {
    tell("sampling step");
    const generate::PromptPair pair = generate::encode_prompts(model_->parts(), picture_);
    const std::function<void()> step = step_of(pair);
    step();  // the first makes keys and values of the prompt, which the others use
    const double flop = counted_flop(step);
    if (wants("step")) add("sampling step", flop, step);
    if (wants("step") && request_.compares_plain && !request_.plain) {
      layers::set_fast_paths(false);
      add("sampling step, plain", flop, step);
      layers::set_fast_paths(true);
    }
    if (!wants("layers")) return;
    tell("layers of a step");
    bench_.layers_peak = beside_peak([&] {
      LayerTimes times = measure_layers(step);
      bench_.layers = std::move(times.classes);
      bench_.watched_step = times.whole;
    });
  }

  void measure_attention() {
    tell("attention");
    bench_.attention_peak = beside_peak([&] {
      for (const AttentionCase& one : kAttention) {
        const auto tokens = [&](int64_t count) {
          return at::randn({1, count, one.heads * one.depth}, at::make_generator<at::CPUGeneratorImpl>(1))
              .to(model_->parts().unet_dtype);
        };
        const Tensor q = tokens(one.queries), k = tokens(one.keys), v = tokens(one.keys);
        LayerTimes times = measure_layers([&] { layers::attention(q, k, v, one.heads); });
        times.classes.front().name += fmt::format(", {} heads", one.heads);
        bench_.attention.push_back(times.classes.front());
      }
    });
  }

  void measure_vae() {
    tell("decoding the latent");
    const auto shape = generate::latent_shape(model_->parts(), picture_);
    const Tensor latent = at::randn({shape[0], shape[1], shape[2]}, at::make_generator<at::CPUGeneratorImpl>(2));
    const auto once = [&] { generate::decoded(model_->parts(), latent); };
    add("VAE, one picture", counted_flop(once), once);
  }

  void measure_text() {
    tell("encoding the prompt");
    const auto once = [&] { generate::encode_prompts(model_->parts(), picture_); };
    add("text, prompt and negative prompt", counted_flop(once), once);
  }

  const BenchRequest& request_;
  const Progress& progress_;
  double started_, load_ = 0;
  generate::ModelChoice choice_;
  std::unique_ptr<LoadedModel> model_;
  GenerateRequest picture_;
  Bench bench_;
  std::vector<std::pair<size_t, double>> pictures_;  ///< where they stand among the figures, and the peak beside each
  int told_ = 0;
};

}  // namespace

const std::vector<std::string>& bench_parts() {
  static const std::vector<std::string> parts = {"load", "first",  "second",    "memory", "peak",
                                                 "step", "layers", "attention", "vae",    "text"};
  return parts;
}

Bench measure(const BenchRequest& request, const Progress& progress) {
  return Run(request, progress).measure();
}

}  // namespace darkroom::bench
