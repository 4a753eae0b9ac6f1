#include "server/options.h"

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/utf8.h"
#include "server/json_text.h"

namespace darkroom::server {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kMostOptions = 5000;         // A1111 with many extensions has a thousand
constexpr size_t kMostOptionBytes = 1 << 20;  // all that only others know, together

/// Fields of a request that A1111 has among its settings, or that are ours and hold for all requests.
constexpr const char* kRequestOptions[] = {"randn_source",
                                           "eta_noise_seed_delta",
                                           "emphasis",
                                           "use_old_scheduling",
                                           "pad_cond_uncond",
                                           "pad_cond_uncond_v0",
                                           "use_downcasted_alpha_bar",
                                           "sd_noise_schedule",
                                           "sd_vae_decode_method",
                                           "sigma_min",
                                           "sigma_max",
                                           "rho",
                                           "s_churn",
                                           "s_tmin",
                                           "s_tmax",
                                           "s_noise",
                                           "img2img_fix_steps",
                                           "initial_noise_multiplier",
                                           "img2img_extra_noise",
                                           "inpainting_mask_weight",
                                           "profile",
                                           "precision",
                                           "vae_precision",
                                           "vae_decoding",
                                           "low_memory",
                                           "threads",
                                           "taesd"};

/// A field's default with its type.
ordered_json default_of(const generate::RequestField& field) {
  const std::string text = generate::field_text(generate::GenerateRequest{}, field);
  if (std::holds_alternative<bool generate::GenerateRequest::*>(field.member)) return text == "True";
  if (std::holds_alternative<std::string generate::GenerateRequest::*>(field.member)) return text;
  return ordered_json::parse(text);
}

ordered_json defaults() {
  ordered_json all = {{"samples_save", true},
                      {"samples_format", "png"},
                      {"enable_pnginfo", true},
                      {"jpeg_quality", 80},
                      {"webp_lossless", false},
                      {"return_grid", true},
                      {"sd_model_checkpoint", ""},
                      {"sd_checkpoint_hash", ""},
                      {"sd_vae", "Automatic"},
                      {"CLIP_stop_at_last_layers", 1},
                      {"live_previews_enable", true},
                      {"show_progress_every_n_steps", 1},
                      {"show_progress_type", "Approx cheap"},
                      {"unload_idle_minutes", 10},
                      {"pictures_pass_trainings", true}};
  for (const char* name : kRequestOptions) all[name] = default_of(generate::request_field(name));
  return all;
}

const ordered_json& known() {
  static const ordered_json kKnown = defaults();
  return kKnown;
}

bool has_same_type(const json& value, const ordered_json& standard) {
  if (standard.is_number()) return value.is_number();
  return value.type() == json(standard).type();
}

ordered_json read_values(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return ordered_json::object();
  std::ifstream stream(file);
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const ordered_json values = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  require(values.is_object(), ErrorKind::corrupt_file,
          "read the settings {}: it must be a JSON object; move it away to start with the defaults",
          formats::in_quotes(file.string()));
  return values;
}

/// A1111's default "GPU" is what its makers' cards drew.
std::string own_spelling(const std::string& name, const std::string& text) {
  return name == "randn_source" && text == "GPU" ? "NV" : text;
}

constexpr const char* kPreviewTypes[] = {"Full", "Approx NN", "Approx cheap", "TAESD"};

void check_preview_type(const std::string& type) {
  for (const char* known : kPreviewTypes)
    if (type == known) return;
  fail(ErrorKind::invalid_request, "option show_progress_type: {} is not one of {}", formats::in_quotes(type),
       fmt::join(kPreviewTypes, ", "));
}

/// Refuses values that no request could take.
void check_request_option(const std::string& name, const json& value) {
  try {
    generate::completed_request({{name, own_spelling(name, field_text_of(value))}});
  } catch (const Error& error) {
    throw error.within("option " + name);
  }
}

}  // namespace

Options::Options(std::filesystem::path file) : file_(std::move(file)), values_(known()) {
  values_.update(read_values(file_));
}

ordered_json Options::all() const {
  const std::lock_guard lock(mutex_);
  return values_;
}

void Options::change(const json& some) {
  require(some.is_object(), ErrorKind::invalid_request, "options: a JSON object of names and values is needed");
  const std::lock_guard lock(mutex_);
  ordered_json changed = values_;
  for (const auto& [name, value] : some.items()) {
    const auto standard = known().find(name);
    if (standard != known().end()) {
      require(has_same_type(value, *standard), ErrorKind::invalid_request, "option {}: a {} is needed, a {} was given",
              name, standard->type_name(), value.type_name());
      for (const char* field : kRequestOptions)
        if (name == field) check_request_option(name, value);
      if (name == "show_progress_type") check_preview_type(value.get<std::string>());
    }
    changed[name] = value;
  }
  require(changed.size() <= kMostOptions &&
              changed.dump(-1, ' ', false, json::error_handler_t::replace).size() <= kMostOptionBytes,
          ErrorKind::invalid_request, "options: at most {} of together {} bytes are kept", kMostOptions,
          kMostOptionBytes);
  if (changed == values_) return;
  formats::write_file(file_, changed.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  values_ = std::move(changed);
}

std::string Options::text(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return values_.at(name).get<std::string>();
}

int64_t Options::whole(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return values_.at(name).get<int64_t>();
}

bool Options::truth(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return values_.at(name).get<bool>();
}

generate::Settings Options::request_settings(const json& over) const {
  const std::lock_guard lock(mutex_);
  ordered_json values = values_;
  for (const auto& [name, value] : over.items()) values[name] = value;
  generate::Settings settings;
  const auto say = [&](const std::string& field, const ordered_json& value, const ordered_json& standard) {
    if (value != standard) settings[field] = own_spelling(field, field_text_of(json(value)));
  };
  for (const char* name : kRequestOptions) say(name, values[name], known().at(name));
  say("clip_skip", values["CLIP_stop_at_last_layers"], 1);
  return settings;
}

}  // namespace darkroom::server
