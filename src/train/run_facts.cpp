#include "train/run_facts.h"

#include <stdexcept>

#include "checkpoint/load.h"
#include "formats/picture_file.h"

namespace darkroom::train {
namespace {

using checkpoint::Family;

/// Of `blocks` transformer blocks of width c: attention to itself 4 x 2c, to the text 2 x 2c and 2 x (text + c), the
/// MLP c + 8c and 4c + c. Around them a projection in and one out, 2 x 2c.
LoraSizes of_transformer(int64_t c, int64_t blocks, int64_t context) {
  constexpr int64_t kLayersOfABlock = 10;
  return {2 + kLayersOfABlock * blocks, 4 * c + blocks * (28 * c + 2 * context)};
}

LoraSizes sizes_of(const models::UNetConfig& unet) {
  LoraSizes all;
  const auto add = [&](int64_t c, int64_t blocks, int64_t times) {
    if (blocks == 0) return;
    const LoraSizes one = of_transformer(c, blocks, unet.context);
    all.modules += times * one.modules, all.per_rank += times * one.per_rank;
  };
  for (size_t level = 0; level < unet.channels.size(); ++level)
    add(unet.channels[level], unet.depth[level], 2 * unet.res_blocks + 1);
  add(unet.channels.back(), unet.middle_depth, 1);
  return all;
}

/// Each layer: attention 4 x 2w, the MLP 2 x (w + inner).
LoraSizes sizes_of(const models::ClipTextConfig& text) {
  return {6 * text.layers, text.layers * (8 * text.width + 2 * (text.width + text.inner))};
}

}  // namespace

LoraSizes RunFacts::Model::text() const {
  LoraSizes all;
  for (const LoraSizes& one : texts) all.modules += one.modules, all.per_rank += one.per_rank;
  return all;
}

RunFacts::Model facts_of_model(const std::filesystem::path& path) {
  const checkpoint::ModelDescription model = checkpoint::describe_checkpoint(path);
  RunFacts::Model facts{.family = std::string(checkpoint::family_name(model.family)),
                        .is_sdxl = model.family == Family::sdxl,
                        .has_zero_terminal_snr = model.noise_schedule.zero_terminal_snr,
                        .text_encoders = int64_t(model.text_encoders.size()),
                        .unet = sizes_of(model.unet)};
  if (model.prediction) facts.answers_v = *model.prediction == checkpoint::Prediction::v;
  for (const auto& text : model.text_encoders) {
    facts.text_layers = text.config.layers;
    facts.texts.push_back(sizes_of(text.config));
  }
  return facts;
}

RunFacts facts_of_pictures(const LoraTraining& options, const TrainingSet& set) {
  RunFacts facts{.plan = plan_of_run(options, set), .captions = {}, .model = {}};
  for (const TrainingPicture& picture : set.trained)
    if (!picture.is_regularisation) facts.captions.push_back(picture.caption);
  for (const auto* part : {&set.trained, &set.validation})
    for (const TrainingPicture& picture : *part)
      facts.encoded_pixels += int64_t(picture.place.bucket.width) * picture.place.bucket.height;
  return facts;
}

PixelSize size_in_file(const std::filesystem::path& picture) {
  const Image image = formats::read_picture(picture).image;
  return {image.width, image.height};
}

RunFacts run_facts(const LoraTraining& options, const std::function<PixelSize(const std::filesystem::path&)>& size_of) {
  RunFacts facts;
  try {
    facts = facts_of_pictures(options, sized_training_set(options, size_of));
  } catch (const std::runtime_error&) {
    // The run will say what is wrong with the pictures; one may vanish while they are counted.
  }
  try {
    facts.model = facts_of_model(options.pretrained_model_name_or_path);
  } catch (const std::runtime_error&) {
    // And this of the model.
  }
  return facts;
}

}  // namespace darkroom::train
