#include "server/words.h"

#include <map>

namespace darkroom::server {

nlohmann::ordered_json explanations() {
  return {
      {"cfg_scale",
       "How strongly each step is pushed from the negative prompt towards the prompt. uncond + {cfg_scale} x (cond - "
       "uncond), the same as cond + {cfg_scale-1} x (cond - uncond): two ways to write one thing. Papers count the "
       "second way, so their {cfg_scale-1} is your {cfg_scale}. At 1 the negative prompt has no effect and a step "
       "costs half. 7 to 11 is usual; high values saturate and distort."},
      {"negative_prompt",
       "It is not part of training. It takes the place of the empty prompt on the other side of CFG, so each step "
       "moves away from it. At CFG 1 it does nothing."},
      {"clip_skip",
       "Which layer of the text encoder is read, counted from the end. 1 is the last. Models trained on tags (many "
       "anime models) expect 2. Darkroom stops computing at that layer. Diffusers counts one less: your {clip_skip} is "
       "their {clip_skip-1}. SD 2.x and SDXL always read their own layer."},
      {"lora_weight",
       "How much of the LoRA's change is added. 1 is how it was trained; the file's own alpha / rank is already "
       "applied, here and in every other program. 0 is off, negative reverses."},
      {"precision",
       "What is computed in. fp32: the reference; weights of fp16 and bf16 files stay as they are in memory. bf16: the "
       "range of fp32 with 7 bits of precision, fast where the processor computes it directly. fp16: more precision, "
       "little range: above 65,504 a value becomes "
       "infinite and the picture black, below 6e-5 it fades."},
      {"sampler_name",
       "Settles: more steps give the same picture, sharper. Keeps changing: fresh noise at each step, so another "
       "number "
       "of steps is another picture; with one noise path it settles too. Some steps cost two calls."},
      {"scheduler", "Only the spacing of the noise levels; it fits any sampler. Automatic takes the sampler's own."},
      {"denoising_strength",
       "How much of the picture is made anew. {denoising_strength} of {steps} steps will run; 0 keeps it, 1 forgets "
       "it."},
      {"seed",
       "Where the noise comes from. Picture i of a batch uses seed + i, so each can be made again alone. -1 draws "
       "one."},
      {"randn_source",
       "Pictures made on NVIDIA cards need NV to come out the same; recipes without this field are read as NV."},
      {"n_iter", "Count: one after another. Size: at once, more memory, the same pictures."},
      {"batch_size", "Count: one after another. Size: at once, more memory, the same pictures."},
      {"steps", "How many steps the sampler takes from noise to picture. Some samplers call the model twice a step."},
  };
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
