// Rows of the table of request fields, in the order of infotext: the second pass, and pictures to start from.
#include "generate/picture_fields.h"

#include "generate/picture_choices.h"

namespace darkroom::generate {
namespace {

using R = GenerateRequest;

bool has_mask(const GenerateRequest& request) {
  return !request.mask.empty();
}

bool has_one_blur(const GenerateRequest& request) {
  return has_mask(request) && request.blur_x() == request.blur_y();
}

bool has_two_blurs(const GenerateRequest& request) {
  return has_mask(request) && request.blur_x() != request.blur_y();
}

bool is_only_masked(const GenerateRequest& request) {
  return has_mask(request) && choice_named(inpaint_area_names(), request.inpaint_area) == 1;
}

bool has_picture(const GenerateRequest& request) {
  return !request.init_image.empty();
}

bool is_hires(const GenerateRequest& request) {
  return request.hires;
}

bool has_hires_size(const GenerateRequest& request) {
  return is_hires(request) && (request.hires_width > 0 || request.hires_height > 0);
}

bool has_hires_scale(const GenerateRequest& request) {
  return is_hires(request) && !has_hires_size(request);
}

bool has_latent_start(const GenerateRequest& request) {
  return has_picture(request) || is_hires(request);
}

}  // namespace

std::vector<RequestField> hires_fields() {
  constexpr auto never = Recorded::never, always = Recorded::always, unlike_default = Recorded::unlike_default;
  return {
      {&R::hires, "enable_hr", "", never, "--hires",
       "True makes the picture again, enlarged, from the small one: details without a second head."},
      {&R::hires_sampler,
       "hr_sampler_name",
       "Hires sampler",
       unlike_default,
       "--hires-sampler",
       "Sampler of the second pass; empty is the first's.",
       {},
       nullptr,
       false,
       is_hires},
      {&R::hires_prompt,
       "hr_prompt",
       "Hires prompt",
       unlike_default,
       "--hires-prompt",
       "Prompt of the second pass; empty is the first's.",
       {},
       nullptr,
       false,
       is_hires},
      {&R::hires_negative_prompt,
       "hr_negative_prompt",
       "Hires negative prompt",
       unlike_default,
       "--hires-negative-prompt",
       "What the second pass avoids; empty is what the first does.",
       {},
       nullptr,
       false,
       is_hires},
      {&R::hires_schedule,
       "hr_scheduler",
       "Hires schedule type",
       unlike_default,
       "--hires-schedule",
       "Spacing of the second pass' noise levels; empty is the first's.",
       {},
       nullptr,
       false,
       is_hires},
      {&R::hires_scale,
       "hr_scale",
       "Hires upscale",
       always,
       "--hires-scale",
       "How much larger the second pass is.",
       {1, 16},
       nullptr,
       false,
       has_hires_scale},
      {&R::hires_width,
       "hr_resize_x",
       "Hires resize-1",
       always,
       "--hires-width",
       "Width of the second pass instead; with a height alone it follows the picture's shape, with both the rest is "
       "cut off.",
       {0, 8192, 8},
       nullptr,
       false,
       has_hires_size},
      {&R::hires_height,
       "hr_resize_y",
       "Hires resize-2",
       always,
       "--hires-height",
       "Height of the same.",
       {0, 8192, 8},
       nullptr,
       false,
       has_hires_size},
      {&R::hires_steps,
       "hr_second_pass_steps",
       "Hires steps",
       unlike_default,
       "--hires-steps",
       "Steps of the second pass; 0 is the first's.",
       {0, 1000},
       nullptr,
       false,
       is_hires},
      {&R::hires_upscaler,
       "hr_upscaler",
       "Hires upscaler",
       always,
       "--hires-upscaler",
       "What enlarges: a Latent one, Lanczos, Nearest, or an ESRGAN model by name or file.",
       {},
       nullptr,
       false,
       is_hires},
      {&R::first_pass_width,
       "firstphase_width",
       "",
       never,
       "--first-pass-width",
       "Width of the first pass, instead of the picture's; the scale counts from here.",
       {0, 8192, 8}},
      {&R::first_pass_height,
       "firstphase_height",
       "",
       never,
       "--first-pass-height",
       "Height of the same.",
       {0, 8192, 8}},
  };
}

std::vector<RequestField> picture_fields() {
  constexpr auto never = Recorded::never, always = Recorded::always, unlike_default = Recorded::unlike_default;
  return {
      {&R::init_image, "init_image", "", never, "--init-image", "Picture to start from, a file."},
      {&R::mask, "mask", "", never, "--mask",
       "Picture of what is made anew: where it is white, or, if it has transparency, where it can be seen."},
      {&R::mask_mode,
       "inpainting_mask_invert",
       "Mask mode",
       unlike_default,
       "--mask-mode",
       "Whether the mask marks what is made anew or what is kept.",
       {},
       mask_mode_names,
       true,
       has_mask},
      {&R::mask_blur,
       "mask_blur",
       "Mask blur",
       always,
       "--mask-blur",
       "How soft the mask's border is, in pixels.",
       {0, 512},
       nullptr,
       false,
       has_one_blur},
      {&R::mask_blur_x,
       "mask_blur_x",
       "Mask blur x",
       always,
       "--mask-blur-x",
       "The same along x alone; -1 is mask blur.",
       {-1, 512},
       nullptr,
       false,
       has_two_blurs},
      {&R::mask_blur_y,
       "mask_blur_y",
       "Mask blur y",
       always,
       "--mask-blur-y",
       "The same along y alone; -1 is mask blur.",
       {-1, 512},
       nullptr,
       false,
       has_two_blurs},
      {&R::mask_round,
       "mask_round",
       "Mask round",
       unlike_default,
       "--mask-round",
       "False keeps half-transparent parts of the mask half made anew.",
       {},
       nullptr,
       false,
       has_mask},
      {&R::inpaint_area,
       "inpaint_full_res",
       "Inpaint area",
       unlike_default,
       "--inpaint-area",
       "Only masked enlarges the masked part to the run's size and puts it back: details in a small place.",
       {},
       inpaint_area_names,
       true,
       has_mask},
      {&R::masked_padding,
       "inpaint_full_res_padding",
       "Masked area padding",
       always,
       "--masked-padding",
       "How many pixels around the masked part such a run sees.",
       {0, 4096},
       nullptr,
       false,
       is_only_masked},
      {&R::masked_content,
       "inpainting_fill",
       "Masked content",
       unlike_default,
       "--masked-content",
       "What the masked part holds before noise is added: colours from around it, what was there, noise, nothing.",
       {},
       masked_content_names,
       true,
       has_mask},
      {&R::resize_mode,
       "resize_mode",
       "Resize mode",
       unlike_default,
       "--resize-mode",
       "How the picture gets the run's size.",
       {},
       resize_mode_names,
       true,
       has_picture},
      {&R::exact_steps,
       "img2img_fix_steps",
       "Fix steps",
       unlike_default,
       "--fix-steps",
       "True walks as many steps as asked for, instead of the denoising strength's share of them.",
       {},
       nullptr,
       false,
       has_picture},
      {&R::initial_noise_multiplier,
       "initial_noise_multiplier",
       "Noise multiplier",
       unlike_default,
       "--noise-multiplier",
       "Factor on the noise the picture is given; less keeps more, and blurs.",
       {0, 4},
       nullptr,
       false,
       has_picture},
      {&R::extra_noise,
       "img2img_extra_noise",
       "Extra noise",
       unlike_default,
       "--extra-noise",
       "Noise beyond what the sampler expects: more detail is invented.",
       {0, 10},
       nullptr,
       false,
       has_latent_start},
  };
}

}  // namespace darkroom::generate
