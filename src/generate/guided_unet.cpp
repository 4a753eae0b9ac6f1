#include "generate/guided_unet.h"

#include <algorithm>
#include <limits>

#include "diffusion/guidance.h"

namespace darkroom::generate {
namespace {

using models::Conditioning;

/// For `batch` pictures.
Conditioning repeated(const Conditioning& one, int64_t batch) {
  return {one.context.expand({batch, -1, -1}), one.vector.defined() ? one.vector.expand({batch, -1}) : Tensor(),
          one.picture.defined() ? one.picture.expand({batch, -1, -1, -1}) : Tensor()};
}

Conditioning joined(const Conditioning& a, const Conditioning& b) {
  return {at::cat({a.context, b.context}), a.vector.defined() ? at::cat({a.vector, b.vector}) : Tensor(),
          a.picture.defined() ? at::cat({a.picture, b.picture}) : Tensor()};
}

Conditioning moved(const Conditioning& all, at::Device device, at::ScalarType dtype) {
  const auto there = [&](const Tensor& x) { return x.defined() ? x.to(device, dtype) : x; };
  return {there(all.context), there(all.vector), there(all.picture)};
}

diffusion::Denoiser told(const LoadedModel::Parts& parts, const diffusion::NoiseSchedule* schedule,
                         Conditioning conditioning) {
  conditioning = moved(conditioning, at::kCPU, parts.unet_dtype);
  const auto network = [&parts, conditioning](const Tensor& x, const Tensor& t) {
    const at::Device device = parts.device_of("UNet");
    const Tensor answer = parts.checkpoint.unet->forward(x.to(device, parts.unet_dtype), t.to(device),
                                                         moved(conditioning, device, parts.unet_dtype));
    return answer.to(at::kCPU);
  };
  return diffusion::network_denoiser(network, schedule ? *schedule : parts.noise_schedule, parts.prediction);
}

/// What counts at a denoiser call, and until which.
const TimedConditioning& at_call(const std::vector<TimedConditioning>& texts, int call) {
  for (const TimedConditioning& text : texts)
    if (call <= text.last_call) return text;
  return texts.back();
}

/// As many rows as the longest: the last row again, as in the reference.
Conditioning of_length(Conditioning text, int64_t rows) {
  const int64_t missing = rows - text.context.size(1);
  if (missing > 0) text.context = at::cat({text.context, text.context.narrow(1, -1, 1).expand({-1, missing, -1})}, 1);
  return text;
}

/// u + the sum of scales[i] * (c_i - u), all halves in one call of the network where they have one length.
diffusion::Denoiser guided_parts(const LoadedModel::Parts& parts, const diffusion::NoiseSchedule* schedule,
                                 std::vector<Conditioning> texts, const std::vector<double>& scales,
                                 const Conditioning& negative, int batch, Tensor* unconditional) {
  int64_t rows = 0;
  for (const Conditioning& text : texts) rows = std::max(rows, text.context.size(1));
  for (Conditioning& text : texts) text = repeated(of_length(text, rows), batch);
  const Conditioning u = repeated(negative, batch);
  const bool one_batch = u.context.size(1) == rows;
  Conditioning all = texts[0];
  for (size_t i = 1; i < texts.size(); ++i) all = joined(all, texts[i]);
  const diffusion::Denoiser together = told(parts, schedule, one_batch ? joined(all, u) : all),
                            alone = told(parts, schedule, u);
  return [=, count = int64_t(texts.size())](const Tensor& x, double sigma) {
    std::vector<Tensor> inputs(size_t(count + (one_batch ? 1 : 0)), x);
    std::vector<Tensor> answers = together(at::cat(inputs), sigma).chunk(int64_t(inputs.size()));
    if (!one_batch) answers.push_back(alone(x, sigma));
    Tensor answer = answers.back();
    if (unconditional) *unconditional = answers.back();
    for (int64_t i = 0; i < count; ++i) answer = answer + (answers[i] - answers.back()) * scales[i];
    return answer;
  };
}

/// The denoiser of the texts that count now, made anew when they change.
class PlannedDenoiser {
 public:
  PlannedDenoiser(const LoadedModel::Parts& parts, const PromptPlan& plan, double cfg_scale, int batch,
                  Tensor* unconditional)
      : parts_(parts), plan_(plan), cfg_scale_(cfg_scale), batch_(batch), unconditional_(unconditional) {}

  Tensor operator()(const Tensor& x, double sigma) {
    if (!denoise_ || call_ > valid_until_) change();
    ++call_;
    return denoise_(x, sigma);
  }

 private:
  void change() {
    valid_until_ = std::numeric_limits<int>::max();
    const auto text_now = [&](const std::vector<TimedConditioning>& texts) {
      const TimedConditioning& found = at_call(texts, call_);
      if (&found != &texts.back()) valid_until_ = std::min(valid_until_, found.last_call);
      return found.text;
    };
    std::vector<Conditioning> texts;
    std::vector<double> scales;
    for (const PromptPart& part : plan_.parts) {
      texts.push_back(text_now(part.texts));
      scales.push_back(part.weight * cfg_scale_);
    }
    const Conditioning negative = plan_.negative.empty() ? Conditioning{} : text_now(plan_.negative);
    denoise_ =
        texts.size() == 1
            ? guided_unet(parts_, PromptPair{texts[0], negative, plan_.schedule}, scales[0], batch_, unconditional_)
            : guided_parts(parts_, plan_.schedule, texts, scales, negative, batch_, unconditional_);
  }

  const LoadedModel::Parts& parts_;
  const PromptPlan& plan_;
  double cfg_scale_;
  int batch_;
  Tensor* unconditional_;
  diffusion::Denoiser denoise_;
  int call_ = 0, valid_until_ = -1;
};

}  // namespace

diffusion::Denoiser guided_unet(const LoadedModel::Parts& parts, const PromptPlan& plan, double cfg_scale, int batch,
                                Tensor* unconditional) {
  return PlannedDenoiser(parts, plan, cfg_scale, batch, unconditional);
}

diffusion::Denoiser guided_unet(const LoadedModel::Parts& parts, const PromptPair& pair, double cfg_scale, int batch,
                                Tensor* unconditional) {
  const Conditioning prompt = repeated(pair.prompt, batch);
  const diffusion::Denoiser conditional = told(parts, pair.schedule, prompt);
  if (cfg_scale == 1 && !unconditional) return conditional;
  const Conditioning negative = repeated(pair.negative, batch);
  const bool one_batch = prompt.context.size(1) == negative.context.size(1);
  const diffusion::PairDenoiser both =
      one_batch ? diffusion::as_one_batch(told(parts, pair.schedule, joined(prompt, negative)))
                : diffusion::as_pair(conditional, told(parts, pair.schedule, negative));
  return unconditional ? diffusion::guided(both, cfg_scale, *unconditional)
                       : diffusion::guided(both, conditional, cfg_scale);
}

}  // namespace darkroom::generate
