#include "lab/guidance.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "generate/guidance_watch.h"
#include "generate/loaded_model.h"
#include "generate/replay.h"
#include "generate/run.h"

namespace darkroom::lab {
namespace {

double size_of(const Tensor& x) {
  return x.square().mean().sqrt().item<double>();
}

/// At CFG scale `w`, where the answer is u + w (c - u).
GuidanceCall call(const Tensor& x, double sigma, const Tensor& guided, const Tensor& u, double w) {
  // Predicted noise is (x - answer) / sigma, so that of c - u has the size of the answers' difference over sigma.
  const Tensor c = w == 0 ? u : u + (guided - u) / w;
  return {.sigma = sigma,
          .conditional = size_of(x - c) / sigma,
          .unconditional = size_of(x - u) / sigma,
          .guided = size_of(x - guided) / sigma,
          .difference = size_of(c - u) / sigma,
          .largest = guided.abs().max().item<double>()};
}

class Bench {
 public:
  Bench(const generate::Settings& said, const Progress& progress)
      : model_(generate::model_choice(generate::completed_request(said))), progress_(progress) {
    request_ = generate::settled(model_, generate::completed_request(said, model_.recommended()));
    request_.batch_size = request_.batch_count = 1;
  }

  const generate::GenerateRequest& request() const { return request_; }
  std::string model_name() const { return model_.parts().name; }

  Image picture(double cfg_scale, const std::string& negative_prompt, std::vector<GuidanceCall>* calls = nullptr) {
    generate::GenerateRequest request = request_;
    request.cfg_scale = cfg_scale;
    request.negative_prompt = negative_prompt;
    generate::GuidanceWatch watch{[&](const Tensor& x, double sigma, const Tensor& guided, const Tensor& u) {
      calls->push_back(call(x, sigma, guided, u, cfg_scale));
    }};
    Image made;
    generate::generate(model_, request, [&](generate::Picture&& picture) { made = std::move(picture.image); },
                       {.on_progress =
                            [&](ProgressEvent event) {
                              event.note = fmt::format("CFG {:g}{}", cfg_scale,
                                                       negative_prompt.empty() ? "" : ", negative prompt");
                              progress_(event);
                            },
                        .watch = calls ? &watch : nullptr});
    return made;
  }

 private:
  generate::LoadedModel model_;
  const Progress& progress_;
  generate::GenerateRequest request_;
};

}  // namespace

int guidance_pictures(const generate::Settings& said, size_t cfg_scales) {
  return int(cfg_scales) * (generate::completed_request(said).negative_prompt.empty() ? 1 : 2);
}

GuidanceReport measure_guidance(const generate::Settings& said, const std::vector<double>& cfg_scales,
                                const Progress& progress) {
  Bench bench(said, progress);
  const std::string negative = bench.request().negative_prompt;
  GuidanceReport report{bench.request().prompt, negative, bench.model_name(), {}};
  for (const double scale : cfg_scales) {
    GuidanceRun run{.cfg_scale = scale};
    run.picture = bench.picture(scale, negative, &run.calls);
    run.saturation = mean_saturation(run.picture);
    run.clipped = clipped_share(run.picture);
    run.psnr_without_negative = std::numeric_limits<double>::quiet_NaN();
    if (!negative.empty()) {
      run.without_negative = bench.picture(scale, "");
      run.psnr_without_negative = generate::difference(run.picture, run.without_negative).psnr;
    }
    report.runs.push_back(std::move(run));
  }
  return report;
}

double mean_saturation(const Image& image) {
  double sum = 0;
  for (size_t i = 0; i < image.pixels.size(); i += size_t(image.channels)) {
    const auto [least, most] = std::minmax({image.pixels[i], image.pixels[i + 1], image.pixels[i + 2]});
    if (most > 0) sum += double(most - least) / most;
  }
  return sum * image.channels / double(image.pixels.size());
}

double clipped_share(const Image& image) {
  const auto at_an_end = [](uint8_t value) { return value == 0 || value == 255; };
  return double(std::count_if(image.pixels.begin(), image.pixels.end(), at_an_end)) / double(image.pixels.size());
}

}  // namespace darkroom::lab
