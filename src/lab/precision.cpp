#include "lab/precision.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "generate/loaded_model.h"
#include "generate/replay.h"
#include "generate/run.h"
#include "layers/emulated_precision.h"

namespace darkroom::lab {
namespace {

using layers::NumberFormat;

constexpr double kVisible = 35;     // dB; below that people see a difference side by side
constexpr int64_t kSampled = 1024;  // values kept of each answer in fp32, to compare with

const std::vector<std::pair<const char*, NumberFormat>> kFormats = {
    {"fp32", NumberFormat::fp32}, {"bf16", NumberFormat::bf16}, {"fp16", NumberFormat::fp16}};
const std::vector<const char*> kParts = {"text encoder", "UNet", "VAE decoder"};

/// Layers by where their weights lie.
using LayerNames = std::map<const void*, std::string>;

void add_names(LayerNames& names, layers::Module& network) {
  for (const auto& [name, parameter] : network.named_parameters())
    names.emplace(parameter->data_ptr(), name.substr(0, name.rfind('.')));
}

LayerNames layer_names(const checkpoint::Checkpoint& model) {
  LayerNames names;
  add_names(names, *model.unet);
  add_names(names, *model.vae);
  for (size_t i = 0; i < model.text_encoders.size(); ++i) {
    LayerNames of_encoder;
    add_names(of_encoder, *model.text_encoders[i]);
    for (const auto& [place, name] : of_encoder) names[place] = i == 0 ? name : "second: " + name;
  }
  return names;
}

/// About kSampled values of a tensor, in the order they lie in memory.
std::vector<float> sampled(const Tensor& x) {
  const Tensor dense = x.is_non_overlapping_and_dense() ? x : x.contiguous();
  const int64_t stride = std::max<int64_t>(1, dense.numel() / kSampled);
  std::vector<float> values;
  for (int64_t i = 0; i < dense.numel(); i += stride) values.push_back(dense.data_ptr<float>()[i]);
  return values;
}

double relative_error(const std::vector<float>& found, const std::vector<float>& expected) {
  double error = 0, size = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!std::isfinite(expected[i])) continue;
    error += std::pow(double(found[i]) - expected[i], 2);
    size += std::pow(double(expected[i]), 2);
  }
  return size > 0 ? std::sqrt(error / size) : 0;
}

/// Adds one answer to what is known of its operation.
void add_answer(LayerPrecision& layer, const Tensor& exact, const Tensor& rounded) {
  const Tensor a = exact.contiguous(), b = rounded.contiguous();
  const float *before = a.data_ptr<float>(), *after = b.data_ptr<float>();
  double error = 0, size = 0;
  for (int64_t i = 0; i < a.numel(); ++i) {
    const double x = before[i], y = after[i];
    if (!std::isfinite(x)) {
      ++layer.not_numbers;
      continue;
    }
    layer.largest = std::max(layer.largest, std::abs(x));
    layer.overflows += !std::isfinite(y);
    layer.underflows += y == 0 && x != 0;
    if (!std::isfinite(y)) continue;
    error += (x - y) * (x - y);
    size += x * x;
  }
  if (size > 0) layer.rounding = std::max(layer.rounding, std::sqrt(error / size));
}

/// What an operation of a network's first call answered in fp32.
struct Answer {
  std::vector<float> values;
  int64_t not_numbers = 0;  ///< minus infinity where attention must not look
};
using Answers = std::map<std::string, Answer>;

/// Follows one run.
class Watch {
 public:
  /// `in_fp32` is filled where `is_fp32`, else compared with.
  Watch(const checkpoint::Checkpoint& model, Answers& in_fp32, bool is_fp32)
      : model_(model), in_fp32_(in_fp32), is_fp32_(is_fp32) {}

  void operator()(const layers::WatchedOperation& operation) {
    if (names_.empty()) names_ = layer_names(model_);  // now, because LoRA tags have put other weights in place
    if (operation.call != call_) {
      call_ = operation.call;
      layer_ = "start";
      seen_in_call_.clear();
    }
    for (const Tensor& input : operation.inputs)
      if (const auto found = names_.find(input.data_ptr()); found != names_.end()) layer_ = found->second;
    const std::string name = operation.name.substr(operation.name.find("::") + 2);
    std::string key = fmt::format("{}/{}/{}", operation.part, layer_, name);
    key += fmt::format("/{}", ++seen_in_call_[key]);
    const auto [place, is_new] = places_.emplace(key, layers_.size());
    if (is_new) layers_.push_back({operation.part, layer_, name});
    LayerPrecision& layer = layers_[place->second];
    add_answer(layer, operation.exact, operation.rounded);
    if (is_fp32_ && is_new) in_fp32_[key] = {sampled(operation.rounded), layer.not_numbers};
    const auto expected = in_fp32_.find(key);
    if (expected == in_fp32_.end()) return;
    layer.not_numbers -= expected->second.not_numbers;
    if (is_new) layer.error = relative_error(sampled(operation.rounded), expected->second.values);
  }

  std::vector<LayerPrecision> take_layers() { return std::move(layers_); }

 private:
  const checkpoint::Checkpoint& model_;
  LayerNames names_;
  Answers& in_fp32_;
  bool is_fp32_;
  int64_t call_ = 0;
  std::string layer_;                        ///< the last one whose weights were used in this call
  std::map<std::string, int> seen_in_call_;  ///< how often an operation comes after one layer
  std::map<std::string, size_t> places_;     ///< in layers_, by operation
  std::vector<LayerPrecision> layers_;
};

/// All runs of a report.
class Bench {
 public:
  Bench(const generate::Settings& said, const Progress& progress)
      : progress_(progress), model_(choice(generate::completed_request(said))) {
    const checkpoint::Checkpoint& checkpoint = model_.parts().checkpoint;
    parameters_ = checkpoint.unet->parameter_count() + checkpoint.vae->parameter_count();
    for (const auto& text : checkpoint.text_encoders) parameters_ += text->parameter_count();
    request_ = generate::settled(model_, generate::completed_request(said, model_.recommended()));
    request_.batch_size = request_.batch_count = 1;
  }

  std::string model_name() const { return model_.parts().name; }
  const generate::GenerateRequest& request() const { return request_; }

  PrecisionRun run(const char* format, NumberFormat numbers) {
    PrecisionRun run{.format = format};
    run.weight_bytes = parameters_ * (numbers == NumberFormat::fp32 ? 4 : 2);
    Watch watch(model_.parts().checkpoint, in_fp32_, numbers == NumberFormat::fp32);
    try {
      run.picture = picture(format, {.format = numbers, .watch = std::ref(watch)});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::internal) throw;  // anything but "no numbers" is not about precision
      run.failure = error.what();
    }
    run.layers = watch.take_layers();
    return run;
  }

  /// The picture as Darkroom makes it, with the time it takes.
  double timed() {
    generate::GenerateRequest request = request_;
    request.plain = false;
    const auto start = std::chrono::steady_clock::now();
    make(request, "fp32, timed");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  /// Nothing where the numbers ran out.
  std::optional<Image> with_one_part(const char* part, const char* format, NumberFormat numbers) {
    try {
      return picture(fmt::format("{} in {}", part, format), {.format = numbers, .parts = {part}});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::internal) throw;
      return std::nullopt;
    }
  }

 private:
  static generate::ModelChoice choice(const generate::GenerateRequest& request) {
    generate::ModelChoice choice = generate::model_choice(request);
    choice.precision = choice.vae_precision = "fp32";
    return choice;
  }

  Image picture(const std::string& what, layers::Emulation emulation) {
    generate::GenerateRequest request = request_;
    request.plain = true;  // fast paths join operations, and so round elsewhere
    const layers::EmulatedPrecision emulated(std::move(emulation));
    return make(request, what);
  }

  Image make(const generate::GenerateRequest& request, const std::string& what) {
    Image made;
    generate::generate(model_, request, [&](generate::Picture&& picture) { made = std::move(picture.image); },
                       {.on_progress = [&](ProgressEvent event) {
                         event.note = what;
                         progress_(event);
                       }});
    return made;
  }

  generate::GenerateRequest request_;
  const Progress& progress_;
  generate::LoadedModel model_;
  Answers in_fp32_;
  int64_t parameters_ = 0;
};

}  // namespace

int precision_pictures() {
  const int formats = int(std::size(kFormats)), parts = int(std::size(kParts));
  return formats + 1 + (formats - 1) * parts;
}

PrecisionReport measure_precision(const generate::Settings& said, const Progress& progress) {
  Bench bench(said, progress);
  PrecisionReport report{bench.request().prompt, bench.model_name(), bench.request().steps, {}, {}};
  for (const auto& [format, numbers] : kFormats) {
    PrecisionRun run = bench.run(format, numbers);
    require(run.failure.empty() || !report.runs.empty(), ErrorKind::internal, "measure precision: in fp32 already: {}",
            run.failure);
    report.runs.push_back(std::move(run));
    PrecisionRun& now = report.runs.back();
    const Image& reference = report.runs.front().picture;
    if (!now.failure.empty()) continue;
    const generate::PictureDifference apart = generate::difference(now.picture, reference);
    now.psnr = apart.psnr;
    now.largest_difference = apart.largest;
  }
  report.runs.front().seconds = bench.timed();
  for (const auto& [format, numbers] : kFormats) {
    if (numbers == NumberFormat::fp32) continue;
    for (const char* part : kParts) {
      const std::optional<Image> picture = bench.with_one_part(part, format, numbers);
      report.parts.push_back(
          {part, format, picture ? generate::difference(*picture, report.runs.front().picture).psnr : 0});
    }
  }
  return report;
}

std::string part_to_keep(const PrecisionReport& report, const std::string& format) {
  const PartPrecision* worst = nullptr;
  for (const PartPrecision& part : report.parts)
    if (part.format == format && (!worst || part.psnr < worst->psnr)) worst = &part;
  return worst && worst->psnr < kVisible ? worst->part : "";
}

const LayerPrecision* first_overflow(const PrecisionRun& run) {
  const auto found = std::find_if(run.layers.begin(), run.layers.end(),
                                  [](const auto& layer) { return layer.overflows > 0 || layer.not_numbers > 0; });
  return found == run.layers.end() ? nullptr : &*found;
}

}  // namespace darkroom::lab
