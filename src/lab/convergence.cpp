#include "lab/convergence.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/cpu.h"
#include "base/error.h"
#include "formats/safetensors.h"
#include "generate/guided_unet.h"
#include "generate/latents.h"
#include "generate/prompt_pair.h"
#include "generate/sampling.h"
#include "generate/told_request.h"
#include "imaging/compose.h"

namespace darkroom::lab {
namespace {

using generate::GenerateRequest;
using Parts = generate::LoadedModel::Parts;

constexpr int kCfgSteps = 20;

std::string file_name(const std::string& name) {
  std::string out;
  for (const char c : name)
    out += std::isalnum(static_cast<unsigned char>(c)) ? char(std::tolower(c)) : c == '+' ? 'p' : '_';
  return out;
}

/// Runs samplers on the model, or reads what an earlier run left.
class Bench {
 public:
  Bench(const generate::LoadedModel& model, const ConvergenceRequest& request, const Progress& progress)
      : model_(model),
        parts_(model.parts()),
        request_(request),
        progress_(progress),
        cache_(request.cache.empty() ? request.output / "cache" : request.cache),
        planned_(planned_calls(request)) {}

  /// Of every prompt and seed.
  Latents latents(const Variant& variant, const std::string& profile, int steps, double cfg_scale) {
    Latents all;
    for (size_t prompt = 0; prompt < request_.prompts.size(); ++prompt) {
      Latents some =
          of_prompt(request_of(variant, profile, steps, cfg_scale, request_.prompts[prompt]), variant, prompt);
      all.calls = some.calls;
      for (auto& picture : some.pictures) all.pictures.push_back(std::move(picture));
    }
    return all;
  }

  GenerateRequest request_of(const Variant& variant, const std::string& profile, int steps, double cfg_scale,
                             const std::string& prompt) const {
    GenerateRequest request = request_.base;
    request.prompt = prompt;
    request.profile = profile;
    request.steps = steps;
    request.cfg_scale = cfg_scale;
    request.sampler = variant.sampler;
    request.schedule = variant.schedule;
    const auto choice = diffusion::choose_sampler(request.sampler, "", diffusion::profile_named(profile));
    if (choice.has_own_levels() || choice.sampler.own_levels) request.schedule = "Automatic";
    return generate::settled(model_, request);
  }

  Image picture(const std::vector<float>& latent) const {
    const GenerateRequest request = generate::settled(model_, request_.base);
    const Tensor x = at::tensor(latent).view(generate::latent_shape(parts_, request));
    return generate::decoded(parts_, x);
  }

 private:
  /// Everything that decides the result.
  std::string key(const GenerateRequest& request, const Variant& variant) const {
    return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}x{}|{}|{}|{}|{}|{}|2", parts_.hash(), request.prompt,
                       request.negative_prompt, request.sampler, request.schedule, request.profile, request.noise,
                       request.steps, request.cfg_scale, request.seed, request.width, request.height,
                       request.batch_size, request.precision, request.rng, parts_.vae_name, variant.half ? "half" : "");
  }

  Latents of_prompt(const GenerateRequest& request, const Variant& variant, size_t prompt) {
    const std::filesystem::path folder = cache_ / request.profile;
    const std::filesystem::path path =
        folder / fmt::format("{}{}_{}_cfg{:g}_{}.safetensors", file_name(variant.name), variant.half ? "_half" : "",
                             request.steps, request.cfg_scale, prompt);
    const std::string key = this->key(request, variant);
    Latents found;
    if (!read(path, key, found)) {
      found = sampled(request, variant);
      std::filesystem::create_directories(folder);
      write(path, key, found);
    }
    done_ += found.calls;
    report(variant, request, 0);
    return found;
  }

  void report(const Variant& variant, const GenerateRequest& request, int calls) const {
    progress_({"sampling", std::min(done_ + calls, planned_), planned_,
               fmt::format("{}, {} steps, {}", variant.name, request.steps, request.profile)});
  }

  Latents sampled(GenerateRequest request, const Variant& variant) {
    const auto choice = diffusion::choose_sampler(request.sampler, request.schedule);
    // DPM adaptive judges a whole batch: one picture at a time.
    const int at_once = choice.sampler.adapts_to_latent ? 1 : request.batch_size;
    Latents all;
    for (int first = 0; first < request.batch_size; first += at_once) {
      GenerateRequest part = request;
      part.seed += first;
      part.batch_size = at_once;
      Latents some = sampled_batch(part, variant);
      all.calls = std::max(all.calls, some.calls);
      for (auto& picture : some.pictures) all.pictures.push_back(std::move(picture));
    }
    return all;
  }

  Latents sampled_batch(const GenerateRequest& request, const Variant& variant) {
    const generate::Sampling sampling =
        generate::sampling_of(request, parts_.noise_schedule, generate::is_sdxl(parts_));
    const generate::PromptPlan plan =
        generate::plan_prompts(parts_, generate::ToldRequest(parts_, request).request(), sampling.planned_calls);
    const diffusion::Denoiser network = generate::guided_unet(parts_, plan, request.cfg_scale, request.batch_size);
    Latents result;
    const diffusion::Denoiser denoise = [&](const Tensor& x, double sigma) {
      report(variant, request, ++result.calls);
      const Tensor answer = network(x, sigma);
      return variant.half ? answer.to(at::kHalf).to(at::kFloat) : answer;
    };
    const auto seeds = diffusion::image_seeds(std::uint64_t(request.seed), request.batch_size);
    diffusion::RunNoise noise(sampling.choice.sampler, sampling.noise, sampling.options.eta, seeds,
                              generate::latent_shape(parts_, request), sampling.sigmas,
                              {.source = diffusion::random_source_named(request.rng)});
    diffusion::SampleOptions options = sampling.options;
    options.noise = noise.source();
    const Tensor latents =
        generate::require_numbers(sampling.sample(denoise, noise.first(), options), "sample the pictures").contiguous();
    for (std::int64_t i = 0; i < latents.size(0); ++i) {
      const float* values = latents[i].data_ptr<float>();
      result.pictures.emplace_back(values, values + latents[i].numel());
    }
    return result;
  }

  /// Whether the file is there and was made with the same key; a damaged one counts as missing.
  static bool read(const std::filesystem::path& path, const std::string& key, Latents& latents) {
    if (!std::filesystem::exists(path)) return false;
    try {
      const formats::TensorFile file = formats::read_safetensors(path);
      const auto stored_key = file.metadata.find("key"), calls = file.metadata.find("calls");
      if (stored_key == file.metadata.end() || stored_key->second != key || calls == file.metadata.end()) return false;
      latents.calls = std::stoi(calls->second);
      for (const auto& [name, tensor] : file.tensors) {
        std::vector<float> values(tensor.elements());
        std::memcpy(values.data(), tensor.data, tensor.bytes);
        latents.pictures.push_back(std::move(values));
      }
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  static void write(const std::filesystem::path& path, const std::string& key, const Latents& latents) {
    std::vector<std::pair<std::string, formats::StoredTensor>> tensors;
    for (size_t i = 0; i < latents.pictures.size(); ++i) {
      const auto& picture = latents.pictures[i];
      tensors.emplace_back(fmt::format("{:04}", i),
                           formats::StoredTensor{formats::DType::f32,
                                                 {std::int64_t(picture.size())},
                                                 reinterpret_cast<const std::byte*>(picture.data()),
                                                 picture.size() * sizeof(float),
                                                 nullptr});
    }
    formats::write_safetensors(path, tensors, {{"key", key}, {"calls", std::to_string(latents.calls)}});
  }

  const generate::LoadedModel& model_;
  const Parts& parts_;
  const ConvergenceRequest& request_;
  const Progress& progress_;
  const std::filesystem::path cache_;
  const int planned_;
  int done_ = 0;
};

/// Halves a picture until a side is at most `most` pixels.
Image small(Image image, int most) {
  while (std::max(image.width, image.height) > most && image.width % 2 == 0 && image.height % 2 == 0) {
    Image half(image.width / 2, image.height / 2, image.channels);
    for (int y = 0; y < half.height; ++y)
      for (int x = 0; x < half.width; ++x)
        for (int c = 0; c < half.channels; ++c)
          half.pixel(x, y)[c] =
              std::uint8_t((image.pixel(2 * x, 2 * y)[c] + image.pixel(2 * x + 1, 2 * y)[c] +
                            image.pixel(2 * x, 2 * y + 1)[c] + image.pixel(2 * x + 1, 2 * y + 1)[c] + 2) /
                           4);
    image = std::move(half);
  }
  return image;
}

Image contact_sheet(const Bench& bench, const std::vector<VariantRuns>& variants) {
  constexpr int kTile = 64;
  Image sheet;
  for (size_t row = 0; row < variants.size(); ++row) {
    for (size_t column = 0; column < variants[row].at.size(); ++column) {
      const Image tile = small(bench.picture(variants[row].at[column].pictures.front()), kTile);
      if (sheet.pixels.empty())
        sheet = Image(tile.width * int(variants[row].at.size()), tile.height * int(variants.size()), tile.channels);
      imaging::paste(sheet, tile, int(column) * tile.width, int(row) * tile.height);
    }
  }
  return sheet;
}

const std::vector<Variant> kLimits = {{"flow", "DPM-Solver-3", "exponential"},
                                      {"flow from 10 to 0.1", "DPM-Solver-3", "karras"},
                                      {"path", "DPM++ SDE", "karras"}};

bool ignores_steps(const Variant& variant) {
  return diffusion::choose_sampler(variant.sampler).sampler.adapts_to_latent;
}

/// Those that follow the flow whatever the profile, and so have one end.
bool compared_at_cfg(const Variant& variant) {
  const auto& sampler = diffusion::choose_sampler(variant.sampler).sampler;
  return !variant.half && !sampler.chooses_steps &&
         (sampler.noise != diffusion::NoiseUse::path || sampler.default_eta == 0);
}

/// Calls of a run, to judge how much is left; DPM adaptive's are a guess.
int calls_of(const Variant& variant, int steps) {
  const auto& sampler = diffusion::choose_sampler(variant.sampler).sampler;
  return sampler.adapts_to_latent ? 40 : sampler.chooses_steps ? steps : steps * sampler.calls_per_step;
}

}  // namespace

const std::vector<Variant>& noted_variants() {
  static const std::vector<Variant> table = {
      {"Euler a", "Euler a", "uniform"},
      {"DPM2 a", "DPM2 a", "uniform"},
      {"DPM++ 2S a", "DPM++ 2S a", "uniform"},
      {"DPM fast", "DPM fast", "Automatic"},
      {"DPM adaptive", "DPM adaptive", "Automatic"},
      {"DPM2 a Karras", "DPM2 a", "karras"},
      {"DPM++ 2S a Karras", "DPM++ 2S a", "karras"},
      {"Euler", "Euler", "uniform"},
      {"LMS", "LMS", "uniform"},
      {"Heun", "Heun", "uniform"},
      {"DPM2", "DPM2", "uniform"},
      {"DPM++ 2M", "DPM++ 2M", "uniform"},
      {"DDIM", "DDIM", "Automatic"},
      {"PLMS", "PLMS", "Automatic"},
      {"LMS Karras", "LMS", "karras"},
      {"DPM2 Karras", "DPM2", "karras"},
      {"DPM++ 2M Karras", "DPM++ 2M", "karras"},
      {"DPM++ SDE Karras", "DPM++ SDE", "karras"},
      {"DPM++ 2M SDE Karras", "DPM++ 2M SDE", "karras"},
      {"LMS Karras, fp16 answers", "LMS", "karras", true},
  };
  return table;
}

void require_doubling(const std::vector<int>& steps) {
  require(steps.size() >= 4, ErrorKind::invalid_request,
          "steps: at least four numbers are needed to judge convergence, {} were given", steps.size());
  for (size_t i = 0; i < steps.size(); ++i)
    require(steps[i] >= 1 && steps[i] <= 1000 && (i == 0 || steps[i] == 2 * steps[i - 1]), ErrorKind::invalid_request,
            "steps: each must be twice the one before, from 1 to 1000; found {}", steps[i]);
}

int planned_calls(const ConvergenceRequest& request) {
  const int most = request.steps.back(), scales = int(request.high_cfg_scales.size());
  int calls = scales * calls_of(kLimits[0], most);
  for (const Variant& limit : kLimits) calls += calls_of(limit, most);
  for (const Variant& variant : noted_variants()) {
    for (const int steps : request.steps) calls += int(request.profiles.size()) * calls_of(variant, steps);
    if (compared_at_cfg(variant)) calls += scales * calls_of(variant, kCfgSteps);
  }
  return calls * int(request.prompts.size());
}

ConvergenceRuns run_convergence(const ConvergenceRequest& request, const Progress& progress) {
  const c10::InferenceMode inference;
  require(!request.prompts.empty() && !request.steps.empty(), ErrorKind::invalid_request,
          "lab convergence: at least one prompt and one number of steps are needed");
  at::set_num_threads(request.base.threads > 0 ? request.base.threads : usable_cores());
  progress({.stage = "loading the model", .note = ""});
  const generate::LoadedModel model(generate::model_choice(request.base));
  require(!model.parts().checkpoint.description.is_inpainting(), ErrorKind::unsupported,
          "lab convergence: inpainting models must be shown a picture, and this starts from noise; try another model");
  Bench bench(model, request, progress);

  const int most = request.steps.back();
  const double cfg_scale = request.base.cfg_scale;
  ConvergenceRuns runs;
  runs.steps = request.steps;
  runs.latent_width = int(generate::latent_shape(model.parts(), generate::settled(model, request.base)).back());
  runs.model_name = model.parts().name;
  runs.model_hash = model.parts().hash();
  runs.flow_limit = bench.latents(kLimits[0], "darkroom", most, cfg_scale);
  runs.old_flow_limit = bench.latents(kLimits[1], "a1111-2022-12", most, cfg_scale);
  runs.path_limit = bench.latents(kLimits[2], "darkroom", most, cfg_scale);
  for (const std::string& profile : request.profiles) {
    ProfileRuns found{.profile = profile, .variants = {}, .contact_sheet = {}};
    for (const Variant& variant : noted_variants()) {
      VariantRuns row{.variant = variant, .at = {}};
      for (const int steps : request.steps)
        row.at.push_back(
            bench.latents(variant, profile, ignores_steps(variant) ? request.steps.front() : steps, cfg_scale));
      found.variants.push_back(std::move(row));
    }
    found.contact_sheet = contact_sheet(bench, found.variants);
    runs.profiles.push_back(std::move(found));
  }
  for (const double scale : request.high_cfg_scales) {
    CfgRuns at{.cfg_scale = scale, .variants = {}, .limit = bench.latents(kLimits[0], "darkroom", most, scale)};
    for (const Variant& variant : noted_variants()) {
      if (compared_at_cfg(variant))
        at.variants.push_back({variant, {bench.latents(variant, "darkroom", kCfgSteps, scale)}});
    }
    runs.at_cfg.push_back(std::move(at));
  }
  return runs;
}

}  // namespace darkroom::lab
