#include "server/words.h"

#include <map>

#include "generate/explanations.h"

namespace darkroom::server {

nlohmann::ordered_json explanations() {
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const generate::FieldWords& words : generate::field_words()) all[words.field] = words.words;
  return all;
}

std::string label_of(const generate::RequestField& field) {
  static const std::map<std::string, std::string> kLabels = {{"prompt", "Prompt"},
                                                             {"negative_prompt", "Negative prompt"},
                                                             {"scheduler", "Schedule"},
                                                             {"width", "Width"},
                                                             {"height", "Height"},
                                                             {"model", "Checkpoint"},
                                                             {"n_iter", "Batch count"},
                                                             {"batch_size", "Batch size"},
                                                             {"clip_skip", "CLIP skip"},
                                                             {"randn_source", "Noise"},
                                                             {"enable_hr", "Hires fix"},
                                                             {"init_image", "Source"},
                                                             {"mask", "Mask"},
                                                             {"threads", "Threads"},
                                                             {"vae_precision", "VAE precision"},
                                                             {"vae_decoding", "VAE decoding"},
                                                             {"low_memory", "Low memory"},
                                                             {"seed_resize_from_w", "Resize seed from width"},
                                                             {"seed_resize_from_h", "Resize seed from height"},
                                                             {"hr_resize_x", "Hires width"},
                                                             {"hr_resize_y", "Hires height"},
                                                             {"firstphase_width", "First pass width"},
                                                             {"firstphase_height", "First pass height"},
                                                             {"taesd", "TAESD decoder"},
                                                             {"profile", "Compatibility"},
                                                             {"mask_mode", "Repaint"},
                                                             {"denoising_strength", "Denoising"}};
  const auto own = kLabels.find(field.name);
  return own != kLabels.end() ? own->second : field.infotext.empty() ? field.name : field.infotext;
}

std::vector<std::string> first_prompts() {
  return {"a red apple, noto style, on a white background",
          "a bowl of noodles, fluent style, on a light blue background",
          "a rocket, noto style, on a black background",
          "an owl, noto style, on a yellow background",
          "a birthday cake, fluent style, on a pink background",
          "a snowman, noto style, on a light blue background",
          "a guitar, noto style, on a white background",
          "a fox, fluent style, on a green background"};
}

}  // namespace darkroom::server
