#include "server/sdapi/image_request.h"

#include <algorithm>

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "formats/utf8.h"
#include "generate/infotext_syntax.h"
#include "generate/read_recipe.h"
#include "prompt/extra_networks.h"
#include "prompt/styles.h"
#include "server/base64.h"
#include "server/json_text.h"
#include "server/own_files.h"
#include "server/sdapi/image_fields.h"

namespace darkroom::server {
namespace {

using generate::Settings;
using nlohmann::json;

bool has(const ImageField& field, ImageKind kind) {
  return field.of == FieldOf::both || (field.of == FieldOf::txt2img) == (kind == ImageKind::txt2img);
}

/// The body with every field A1111 has, in its type.
struct ReadBody {
  json values = json::object();
  std::vector<FieldProblem> problems;

  template <typename T>
  T of(const char* name) const {
    return values.at(name).get<T>();
  }
  bool is_null(const char* name) const { return values.at(name).is_null(); }
};

ReadBody read_body(const json& body, ImageKind kind) {
  ReadBody read;
  for (const ImageField& field : image_fields()) {
    if (!has(field, kind)) continue;
    json& value = read.values[field.name] = field.standard;
    if (field.name == "denoising_strength" && kind == ImageKind::img2img) value = 0.75;
    const auto given = body.find(field.name);
    if (given == body.end() || given->is_null()) continue;
    if (const auto typed = read_as(field.type, *given)) {
      value = *typed;
    } else {
      const auto [message, type] = type_error(field.type);
      read.problems.push_back({{"loc", {"body", field.name}}, {"msg", message}, {"type", type}});
    }
  }
  return read;
}

/// Builds one request out of a body.
class Translation {
 public:
  Translation(const ReadBody& body, const json& given, ImageKind kind, Context& context)
      : body_(body), given_(given), kind_(kind), context_(context) {}

  ImageRequest run() {
    const json over = body_.is_null("override_settings") ? json::object() : body_.values["override_settings"];
    settings_ = context_.options.request_settings(over);
    take_plain_fields();
    take_sampler();
    take_prompts();
    take_hires_and_strength();
    if (kind_ == ImageKind::img2img) take_pictures();
    take_infotext();
    take_model(over);
    take_scripts();
    take_files(over);
    result_.job.settings = std::move(settings_);
    return std::move(result_);
  }

 private:
  void say(const std::string& field, const json& value) { settings_[field] = field_text_of(value); }
  void warn(std::string text) { result_.warnings.push_back(std::move(text)); }

  void take_plain_fields() {
    const bool is_hires = kind_ == ImageKind::txt2img && body_.of<bool>("enable_hr");
    const bool has_mask = kind_ == ImageKind::img2img && !body_.is_null("mask");
    for (const ImageField& field : image_fields()) {
      if (!has(field, kind_) || body_.is_null(field.name.c_str())) continue;
      const json& value = body_.values.at(field.name);
      const bool acts = field.ours == "=" || (field.ours == "hires" && is_hires) || (field.ours == "mask" && has_mask);
      const bool is_open = value == "" && field.ours != "=";  // an empty negative prompt is one
      if (acts && !is_open) say(field.name, value);
      if (field.ours == "-" && value != false && value != "" && value != "None")
        warn(fmt::format("{} has no effect: Darkroom does not have it yet", field.name));
    }
    for (const char* side : {"seed_resize_from_h", "seed_resize_from_w"})
      if (body_.of<int64_t>(side) > 0) say(side, body_.values.at(side));
    if (has_mask && !body_.is_null("mask_blur"))
      for (const char* blur : {"mask_blur_x", "mask_blur_y"}) say(blur, body_.values.at("mask_blur"));
  }

  void take_sampler() {
    const char* name = body_.is_null("sampler_name") ? "sampler_index" : "sampler_name";
    say("sampler_name", body_.values.at(name));
    if (!body_.is_null("scheduler") && body_.of<std::string>("scheduler") != "")
      say("scheduler", body_.values.at("scheduler"));
  }

  void take_prompts() {
    if (body_.of<bool>("disable_extra_networks")) settings_["prompt"] = prompt::without_tags(settings_["prompt"]).text;
    if (body_.is_null("styles")) return;
    const std::vector<prompt::Style> styles = context_.library.styles();
    for (const std::string& name : body_.of<std::vector<std::string>>("styles")) {
      if (name.empty() || name == "None") continue;
      const prompt::Style& style = prompt::style_named(styles, name);
      settings_["prompt"] = prompt::with_style(settings_["prompt"], style.prompt);
      settings_["negative_prompt"] = prompt::with_style(settings_["negative_prompt"], style.negative_prompt);
    }
  }

  /// txt2img has a strength only with a second pass; A1111 passes over it otherwise.
  void take_hires_and_strength() {
    const bool acts = kind_ == ImageKind::img2img || body_.of<bool>("enable_hr");
    if (acts && !body_.is_null("denoising_strength")) say("denoising_strength", body_.values.at("denoising_strength"));
  }

  void take_pictures() {
    const json& images = body_.values.at("init_images");
    require(images.is_array() && !images.empty(), ErrorKind::not_found, "Init image not found");
    if (images.size() > 1) warn("init_images: the first of them is used");
    settings_["init_image"] = kept("init_images", images[0]);
    if (!body_.is_null("mask")) settings_["mask"] = kept("mask", body_.values.at("mask"));
  }

  std::string kept(const char* name, const json& text) {
    require(text.is_string(), ErrorKind::invalid_request, "{}: pictures are given as base64 texts", name);
    try {
      return context_.uploads.keep(bytes_of_base64(text.get<std::string>()));
    } catch (const Error& error) {
      throw error.within(name);
    }
  }

  /// A1111: its values fill only what the request leaves open.
  void take_infotext() {
    if (body_.is_null("infotext")) return;
    const generate::ReadRecipe recipe =
        generate::read_recipe(generate::parse_infotext(body_.of<std::string>("infotext")));
    for (const auto& [name, text] : recipe.settings)
      if (!given_.contains(name)) settings_[name] = text;
  }

  void take_model(const json& over) {
    const auto said = [&](const char* name) {
      const auto found = over.find(name);
      return found != over.end() && found->is_string() ? found->get<std::string>() : context_.options.text(name);
    };
    settings_["model"] = known_model(said("sd_model_checkpoint"), over.contains("sd_model_checkpoint"));
    settings_["vae"] = said("sd_vae");
    settings_ = with_own_files(std::move(settings_), context_);
  }

  /// Parity: an unknown checkpoint in override_settings is dropped silently; we say so.
  std::string known_model(const std::string& name, bool is_override) {
    try {
      context_.library.model_named(name);
      return name;
    } catch (const Error& error) {
      if (!is_override) throw;
      warn(error.what());
      return context_.options.text("sd_model_checkpoint");
    }
  }

  void take_scripts() {
    const std::string script = body_.is_null("script_name") ? "" : body_.of<std::string>("script_name");
    require(script.empty() || diffusion::same_name(script, kPlotScript), ErrorKind::invalid_request,
            "Script {} not found; there is {}", formats::in_quotes(script.substr(0, 100)), kPlotScript);
    if (!script.empty()) {
      result_.plot = plot_script(body_.values.at("script_args"), kind_);
      for (const std::string& warning : result_.plot->warnings) warn(warning);
      for (const char* count : {"n_iter", "batch_size"})
        if (body_.values.at(count) != 1) warn(fmt::format("{}: a cell of the plot is one picture", count));
    }
    for (const auto& [name, arguments] : body_.values.at("alwayson_scripts").items())
      warn(fmt::format("alwayson_scripts: {} has no effect: Darkroom does not have it", name));
  }

  void take_files(const json& over) {
    const auto said = [&](const char* name) {
      const auto found = over.find(name);
      return found == over.end() ? json(context_.options.all().at(name)) : *found;
    };
    const json format = said("samples_format"), quality = said("jpeg_quality"), recipe = said("enable_pnginfo");
    require(format.is_string() && (format == "png" || format == "jpg" || format == "jpeg" || format == "webp"),
            ErrorKind::internal, "Invalid image format");
    result_.job.format = format;
    if (quality.is_number()) result_.job.quality = std::clamp(quality.get<int>(), 1, 100);
    if (said("webp_lossless") == true && format == "webp") result_.job.quality = 100;
    result_.job.has_recipe = recipe != false;
    result_.saves_images = body_.of<bool>("save_images");
    result_.sends_images = body_.of<bool>("send_images");
    result_.job.is_listed = result_.saves_images && !body_.of<bool>("do_not_save_samples");
    if (!body_.is_null("force_task_id")) result_.task_id = body_.of<std::string>("force_task_id");
  }

  const ReadBody& body_;
  const json& given_;
  ImageKind kind_;
  Context& context_;
  Settings settings_;
  ImageRequest result_;
};

nlohmann::ordered_json echo_of(const json& values) {
  nlohmann::ordered_json echo = values;
  const bool has_pictures = values.contains("include_init_images") && !values.at("include_init_images").get<bool>();
  if (has_pictures) echo["init_images"] = echo["mask"] = nullptr;
  return echo;
}

}  // namespace

ImageRequest image_request(const json& body, ImageKind kind, Context& context) {
  const ReadBody read = read_body(body, kind);
  ImageRequest request;
  if (read.problems.empty()) request = Translation(read, body, kind, context).run();
  request.problems = read.problems;
  request.echo = echo_of(read.values);
  return request;
}

}  // namespace darkroom::server
