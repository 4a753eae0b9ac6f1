#include "server/sdapi/image_fields.h"

#include <charconv>
#include <cmath>

#include "diffusion/nearest_names.h"

namespace darkroom::server {
namespace {

using nlohmann::json;

template <typename Number>
std::optional<Number> parsed(const std::string& text) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<json> whole_of(const json& value) {
  if (value.is_number_integer()) return value;
  if (value.is_number_float()) return json(int64_t(std::trunc(value.get<double>())));
  if (value.is_boolean()) return json(int64_t(value.get<bool>()));
  if (!value.is_string()) return std::nullopt;
  const auto number = parsed<int64_t>(value.get<std::string>());
  return number ? std::optional<json>(*number) : std::nullopt;
}

std::optional<json> number_of(const json& value) {
  if (value.is_number()) return value;
  if (value.is_boolean()) return json(double(value.get<bool>()));
  if (!value.is_string()) return std::nullopt;
  const auto number = parsed<double>(value.get<std::string>());
  return number ? std::optional<json>(*number) : std::nullopt;
}

std::optional<json> truth_of(const json& value) {
  if (value.is_boolean()) return value;
  if (value.is_number() && (value == 0 || value == 1)) return json(value == 1);
  if (!value.is_string()) return std::nullopt;
  const std::string text = value.get<std::string>();
  for (const char* yes : {"true", "1", "yes", "on", "t", "y"})
    if (diffusion::same_name(text, yes)) return json(true);
  for (const char* no : {"false", "0", "no", "off", "f", "n"})
    if (diffusion::same_name(text, no)) return json(false);
  return std::nullopt;
}

}  // namespace

const std::vector<ImageField>& image_fields() {
  using T = FieldType;
  constexpr auto txt2img = FieldOf::txt2img, img2img = FieldOf::img2img, both = FieldOf::both;
  static const std::vector<ImageField> kFields = {
      {"prompt", T::text, ""},
      {"negative_prompt", T::text, ""},
      {"styles", T::texts, nullptr, both, ""},
      {"seed", T::whole, -1},
      {"subseed", T::whole, -1},
      {"subseed_strength", T::number, 0},
      {"seed_resize_from_h", T::whole, -1, both, ""},
      {"seed_resize_from_w", T::whole, -1, both, ""},
      {"sampler_name", T::text, nullptr, both, ""},
      {"scheduler", T::text, nullptr, both, ""},
      {"batch_size", T::whole, 1},
      {"n_iter", T::whole, 1},
      {"steps", T::whole, 50},
      {"cfg_scale", T::number, 7.0},
      {"width", T::whole, 512},
      {"height", T::whole, 512},
      {"restore_faces", T::truth, nullptr, both, "-"},
      {"tiling", T::truth, nullptr},
      {"do_not_save_samples", T::truth, false, both, ""},
      {"do_not_save_grid", T::truth, false, both, ""},
      {"eta", T::number, nullptr},
      {"denoising_strength", T::number, nullptr, both, ""},
      {"s_min_uncond", T::number, nullptr, both, "-"},
      {"s_churn", T::number, nullptr},
      {"s_tmax", T::number, nullptr},
      {"s_tmin", T::number, nullptr},
      {"s_noise", T::number, nullptr},
      {"override_settings", T::object, nullptr, both, ""},
      {"override_settings_restore_afterwards", T::truth, true, both, ""},
      {"refiner_checkpoint", T::text, nullptr, both, "-"},
      {"refiner_switch_at", T::number, nullptr, both, ""},
      {"disable_extra_networks", T::truth, false, both, ""},
      {"firstpass_image", T::text, nullptr, both, "-"},
      {"comments", T::object, nullptr, both, ""},
      {"enable_hr", T::truth, false, txt2img},
      {"firstphase_width", T::whole, 0, txt2img, "hires"},
      {"firstphase_height", T::whole, 0, txt2img, "hires"},
      {"hr_scale", T::number, 2.0, txt2img, "hires"},
      {"hr_upscaler", T::text, nullptr, txt2img, "hires"},
      {"hr_second_pass_steps", T::whole, 0, txt2img, "hires"},
      {"hr_resize_x", T::whole, 0, txt2img, "hires"},
      {"hr_resize_y", T::whole, 0, txt2img, "hires"},
      {"hr_checkpoint_name", T::text, nullptr, txt2img, "-"},
      {"hr_sampler_name", T::text, nullptr, txt2img, "hires"},
      {"hr_scheduler", T::text, nullptr, txt2img, "hires"},
      {"hr_prompt", T::text, "", txt2img, "hires"},
      {"hr_negative_prompt", T::text, "", txt2img, "hires"},
      {"init_images", T::list, nullptr, img2img, ""},
      {"resize_mode", T::whole, 0, img2img},
      {"image_cfg_scale", T::number, nullptr, img2img, "-"},
      {"mask", T::text, nullptr, img2img, ""},
      {"mask_blur_x", T::whole, 4, img2img, "mask"},
      {"mask_blur_y", T::whole, 4, img2img, "mask"},
      {"mask_blur", T::whole, nullptr, img2img, ""},
      {"mask_round", T::truth, true, img2img, "mask"},
      {"inpainting_fill", T::whole, 0, img2img, "mask"},
      {"inpaint_full_res", T::truth, true, img2img, "mask"},
      {"inpaint_full_res_padding", T::whole, 0, img2img, "mask"},
      {"inpainting_mask_invert", T::whole, 0, img2img, "mask"},
      {"initial_noise_multiplier", T::number, nullptr, img2img},
      {"latent_mask", T::text, nullptr, img2img, "-"},
      {"include_init_images", T::truth, false, img2img, ""},
      {"force_task_id", T::text, nullptr, both, ""},
      {"sampler_index", T::text, "Euler", both, ""},
      {"script_name", T::text, nullptr, both, ""},
      {"script_args", T::list, json::array(), both, ""},
      {"send_images", T::truth, true, both, ""},
      {"save_images", T::truth, false, both, ""},
      {"alwayson_scripts", T::object, json::object(), both, ""},
      {"infotext", T::text, nullptr, both, ""},
  };
  return kFields;
}

std::optional<json> read_as(FieldType type, const json& value) {
  switch (type) {
    case FieldType::text:
      if (value.is_string()) return value;
      return value.is_number() ? std::optional<json>(value.dump()) : std::nullopt;
    case FieldType::whole:
      return whole_of(value);
    case FieldType::number:
      return number_of(value);
    case FieldType::truth:
      return truth_of(value);
    case FieldType::list:
      return value.is_array() ? std::optional(value) : std::nullopt;
    case FieldType::object:
      return value.is_object() ? std::optional(value) : std::nullopt;
    case FieldType::texts:
      if (!value.is_array()) return std::nullopt;
      for (const json& one : value)
        if (!one.is_string()) return std::nullopt;
      return value;
  }
  return std::nullopt;
}

std::pair<std::string, std::string> type_error(FieldType type) {
  switch (type) {
    case FieldType::text:
      return {"str type expected", "type_error.str"};
    case FieldType::whole:
      return {"value is not a valid integer", "type_error.integer"};
    case FieldType::number:
      return {"value is not a valid float", "type_error.float"};
    case FieldType::truth:
      return {"value could not be parsed to a boolean", "type_error.bool"};
    case FieldType::object:
      return {"value is not a valid dict", "type_error.dict"};
    default:
      return {"value is not a valid list", "type_error.list"};
  }
}

}  // namespace darkroom::server
