// What the page needs before its first paint, and changes of the settings.
#include <charconv>

#include "base/build_id.h"
#include "base/version.h"
#include "generate/explanations.h"
#include "generate/menu.h"
#include "generate/request_fields.h"
#include "generate/run.h"
#include "generate/upscalers.h"
#include "server/field_facts.h"
#include "server/json_text.h"
#include "server/openapi.h"
#include "server/training/trained_files.h"
#include "server/training/trainings.h"
#include "server/v1/endpoints.h"
#include "server/v1/submissions.h"
#include "server/words.h"

namespace darkroom::server::v1 {
namespace {

using generate::RequestField;
using generate::Settings;
using nlohmann::ordered_json;

ordered_json samplers_json() {
  ordered_json all = ordered_json::array();
  for (const generate::SamplerFacts& sampler : generate::sampler_facts())
    all.push_back({{"name", sampler.name},
                   {"aliases", sampler.aliases},
                   {"calls_per_step", sampler.calls_per_step},
                   {"schedule", sampler.schedule},
                   {"draws_noise", sampler.draws_noise}});
  return all;
}

ordered_json schedules_json() {
  ordered_json all = ordered_json::array({{{"name", "automatic"}, {"label", "Automatic"}}});
  for (const generate::ScheduleFacts& schedule : generate::schedule_facts())
    all.push_back({{"name", schedule.name}, {"label", schedule.label}});
  return all;
}

ordered_json models_json(Context& context) {
  ordered_json all = ordered_json::array();
  for (const ModelFile& model : context.library.models())
    all.push_back({{"title", model.title()},
                   {"name", model.name},
                   {"path", model.path.string()},
                   {"family", model.family},
                   {"bytes", model.bytes},
                   {"hash", model.hash.empty() ? ordered_json(nullptr) : ordered_json(model.hash)},
                   {"built_in", model.is_built_in},
                   {"error", model.error.empty() ? ordered_json(nullptr) : ordered_json(model.error)}});
  return all;
}

/// "8.0" of a file's metadata as the number it is; null where it is none.
ordered_json number_of(const ordered_json& text) {
  if (!text.is_string()) return nullptr;
  const std::string digits = text.get<std::string>();
  double number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return problem == std::errc() && end == digits.data() + digits.size() ? ordered_json(number) : ordered_json(nullptr);
}

ordered_json vaes_json(Context& context) {
  ordered_json all = ordered_json::array();
  for (const std::filesystem::path& path : context.library.vaes()) {
    std::error_code gone;
    const auto bytes = std::filesystem::file_size(path, gone);
    all.push_back({{"name", path.filename().string()}, {"path", path.string()}, {"bytes", gone ? 0 : bytes}});
  }
  return all;
}

ordered_json loras_json(Context& context) {
  ordered_json all = ordered_json::array();
  const TrainedFiles trained(context.trainings.runs);
  for (const LoraFile& lora : context.library.loras()) {
    const std::string run = trained.run_of(lora);
    const auto fact = [&](const char* name) {
      const auto found = lora.metadata.find(name);
      return found == lora.metadata.end() ? ordered_json(nullptr) : ordered_json(found->second);
    };
    all.push_back({{"name", lora.name},
                   {"alias", lora.alias},
                   {"path", lora.path.string()},
                   {"base", fact("ss_sd_model_name")},
                   {"rank", number_of(fact("ss_network_dim"))},
                   {"alpha", number_of(fact("ss_network_alpha"))},
                   {"preview", lora.preview == 0 ? ordered_json(nullptr) : ordered_json(std::to_string(lora.preview))},
                   {"run", run.empty() ? ordered_json(nullptr) : ordered_json(run)},
                   {"error", lora.error.empty() ? ordered_json(nullptr) : ordered_json(lora.error)}});
  }
  return all;
}

ordered_json styles_json(Context& context) {
  ordered_json all = ordered_json::array();
  for (const prompt::Style& style : context.library.styles())
    all.push_back({{"name", style.name}, {"prompt", style.prompt}, {"negative_prompt", style.negative_prompt}});
  return all;
}

/// What the chosen model's makers recommend, without loading its weights; nothing where its file does not say.
ordered_json recommended_json(const ModelFile& model) {
  try {
    return generate::recommended_settings(model.is_built_in ? "" : model.path.string());
  } catch (const Error&) {
    return ordered_json::object();  // the list of models says what is wrong with it
  }
}

}  // namespace

ordered_json start_json(Context& context) {
  ordered_json fields = ordered_json::array();
  for (const RequestField& field : generate::request_fields())
    if (is_for_people(field)) fields.push_back(field_facts(field));
  std::vector<std::string> upscalers = generate::latent_upscaler_names();
  for (const std::string& name : generate::upscaler_names()) upscalers.push_back(name);
  const ModelFile model = context.library.model_named(context.options.text("sd_model_checkpoint"));
  return {{"start_id", context.start_id},
          {"build_id", build_id()},
          {"version", std::string(version())},
          {"fields", std::move(fields)},
          {"samplers", samplers_json()},
          {"schedules", schedules_json()},
          {"models", models_json(context)},
          {"model", model.title()},
          {"recommended", recommended_json(model)},
          {"loras", loras_json(context)},
          {"embeddings", context.library.embeddings()},
          {"styles", styles_json(context)},
          {"upscalers", upscalers},
          {"vaes", vaes_json(context)},
          {"explain", explanations()},
          {"first_prompts", first_prompts()},
          {"options", context.options.all()}};
}

Answer description(const Asked&, Context&) {
  return {.body = openapi_text()};
}

Answer start(const Asked&, Context& context) {
  return json_answer(start_json(context));
}

Answer refresh(const Asked&, Context& context) {
  context.library.refresh();
  return json_answer(start_json(context));
}

Answer set_options(const Asked& asked, Context& context) {
  context.options.change(object_of_body(asked.body));
  return json_answer({{"options", context.options.all()}});
}

Answer set_model(const Asked& asked, Context& context) {
  const nlohmann::json body = object_of_body(asked.body);
  require(body.contains("title") && body["title"].is_string(), ErrorKind::invalid_request,
          "choose a model: \"title\" is needed");
  const ModelFile model = context.library.model_named(body["title"].get<std::string>());
  context.options.change({{"sd_model_checkpoint", model.is_built_in ? "" : model.path.string()}});
  return json_answer(start_json(context));
}

Answer explain_request(const Asked& asked, Context& context) {
  const Settings said = picture_settings(object_of_body(asked.body), context);
  const auto model = said.find("model");
  const generate::GenerateRequest request =
      generate::completed_request(said, generate::recommended_settings(model == said.end() ? "" : model->second));
  ordered_json fields = ordered_json::array();
  for (const generate::ExplainedField& field : generate::explained(request, generate::request_facts(request))) {
    const bool is_shown = field.flag.empty() || is_for_people(generate::request_field(field.field));
    if (is_shown)
      fields.push_back({{"name", field.field}, {"value", field.value}, {"words", field.words}, {"now", field.now}});
  }
  return json_answer({{"fields", std::move(fields)}});
}

}  // namespace darkroom::server::v1
