#include "cli/training_samples.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "formats/atomic_file.h"
#include "formats/mapped_file.h"
#include "formats/picture_file.h"
#include "generate/run.h"
#include "train/sample_prompts.h"

namespace darkroom::cli {
namespace {

/// What the LoRA was trained on top of, as tags, before the prompt. The files are put beside the trained one, where the
/// same command line finds them too.
std::string base_tags(const train::LoraTraining& options, const std::filesystem::path& folder) {
  std::string tags;
  for (size_t i = 0; i < options.base_weights.size(); ++i) {
    const std::filesystem::path& file = options.base_weights[i];
    const std::string name = fmt::format("base{}_{}", i + 1, file.stem().string());
    const std::filesystem::path here = folder / (name + file.extension().string());
    if (!std::filesystem::exists(here)) {
      const formats::MappedFile content = formats::map_file(file);
      formats::AtomicFile copy(here, content.bytes.size());
      copy.write(content.bytes.data(), content.bytes.size());
      copy.commit();
    }
    tags += fmt::format("<lora:{}:{}> ", name, options.base_multiplier(i));
  }
  return tags;
}

/// What is asked for, but for the model.
generate::Settings said_of(const train::LoraTraining& options, const train::SamplePrompt& sample, int number) {
  generate::Settings said = sample.settings;
  said["prompt"] = sample.prompt;
  // The same seed at every step, so that the pictures can be compared.
  said.try_emplace("seed", std::to_string(options.run.seed % 4294967294u + uint64_t(number)));
  if (!options.sample_sampler.empty())
    said.try_emplace("sampler_name", train::sampler_named_by_kohya(options.sample_sampler));
  if (options.clip_skip > 1) said.try_emplace("clip_skip", std::to_string(options.clip_skip));
  return said;
}

}  // namespace

TrainingSamples::TrainingSamples() = default;
TrainingSamples::~TrainingSamples() = default;

void TrainingSamples::check(const train::LoraTraining& options) {
  if (options.sample_prompts.empty()) return;
  const std::vector<train::SamplePrompt> samples = train::read_sample_prompts(options.sample_prompts);
  if (samples.empty()) log_info("no sample pictures: there is no prompt in \"{}\"", options.sample_prompts.string());
  for (const train::SamplePrompt& sample : samples) {
    try {
      generate::completed_request(said_of(options, sample, 0));
    } catch (const Error& error) {
      throw error.within(fmt::format("sample prompt \"{}\"", sample.prompt));
    }
  }
}

void TrainingSamples::make(const train::LoraTraining& options, const std::filesystem::path& trained,
                           const std::filesystem::path& folder, const std::string& name) {
  int number = 0;
  for (const train::SamplePrompt& sample : train::read_sample_prompts(options.sample_prompts)) {
    generate::Settings said = said_of(options, sample, number);
    if (options.trains_the_model()) {
      said["model"] = trained.string();  // its VAE is in it
    } else {
      said["prompt"] = fmt::format("{}{} <lora:{}:1>", base_tags(options, trained.parent_path()), sample.prompt,
                                   trained.stem().string());
      said["lora_dir"] = trained.parent_path().string();
      said["model"] = options.pretrained_model_name_or_path.string();
      said["vae"] = options.vae.string();
    }
    if (!model_) model_ = std::make_unique<generate::LoadedModel>(model_choice(generate::completed_request(said)));
    const generate::GenerateRequest request = generate::completed_request(said, model_->recommended());
    std::filesystem::create_directories(folder);
    generate::generate(*model_, request, [&](generate::Picture&& picture) {
      const auto picture_file =
          folder / fmt::format("{}_{}_{:02}_{}.png", options.output_name, name, number, picture.seed);
      formats::write_picture(picture_file, picture.image, picture.infotext);
    });
    ++number;
  }
  if (options.trains_the_model()) model_.reset();  // the next file is another model
}

}  // namespace darkroom::cli
