// What there is to choose from.
#include "generate/menu.h"
#include "generate/upscalers.h"
#include "server/sdapi/endpoints.h"
#include "server/sdapi/plot_script.h"

namespace darkroom::server::sdapi {
namespace {

using nlohmann::ordered_json;

ordered_json null_unless(bool condition, const std::string& text) {
  return condition ? ordered_json(text) : ordered_json(nullptr);
}

}  // namespace

Answer samplers(const Asked&, Context&) {
  ordered_json all = ordered_json::array();
  for (const generate::SamplerFacts& sampler : generate::sampler_facts()) {
    ordered_json options = ordered_json::object();
    if (sampler.schedule != "uniform") options["scheduler"] = sampler.schedule;
    if (sampler.calls_per_step == 2) options["second_order"] = "True";
    if (sampler.is_brownian) options["brownian_noise"] = "True";
    if (sampler.draws_noise) options["uses_ensd"] = "True";
    if (sampler.discards_lowest) options["discard_next_to_last_sigma"] = "True";
    all.push_back({{"name", sampler.name}, {"aliases", sampler.aliases}, {"options", options}});
  }
  return json_answer(all);
}

Answer schedulers(const Asked&, Context&) {
  ordered_json all = ordered_json::array({{{"name", "automatic"},
                                           {"label", "Automatic"},
                                           {"aliases", nullptr},
                                           {"default_rho", -1.0},
                                           {"need_inner_model", false}}});
  for (const generate::ScheduleFacts& schedule : generate::schedule_facts()) {
    const bool is_karras = schedule.name == "karras", is_poly = schedule.name == "polyexponential";
    all.push_back({{"name", schedule.name},
                   {"label", schedule.label},
                   {"aliases", schedule.aliases.empty() ? ordered_json(nullptr) : ordered_json(schedule.aliases)},
                   {"default_rho", is_karras ? 7.0
                                   : is_poly ? 1.0
                                             : -1.0},
                   {"need_inner_model", !is_karras && !is_poly && schedule.name != "exponential"}});
  }
  return json_answer(all);
}

Answer upscalers(const Asked&, Context&) {
  ordered_json all = ordered_json::array();
  for (const std::string& name : generate::upscaler_names())
    all.push_back(
        {{"name", name}, {"model_name", nullptr}, {"model_path", nullptr}, {"model_url", nullptr}, {"scale", 4}});
  return json_answer(all);
}

Answer latent_upscale_modes(const Asked&, Context&) {
  ordered_json all = ordered_json::array();
  for (const std::string& name : generate::latent_upscaler_names()) all.push_back({{"name", name}});
  return json_answer(all);
}

Answer sd_models(const Asked&, Context& context) {
  ordered_json all = ordered_json::array();
  for (const ModelFile& model : context.library.models())
    all.push_back({{"title", model.title()},
                   {"model_name", model.name},
                   {"hash", null_unless(!model.hash.empty(), model.hash)},
                   {"sha256", nullptr},
                   {"filename", model.path.string()},
                   {"config", nullptr}});
  return json_answer(all);
}

Answer sd_vae(const Asked&, Context& context) {
  ordered_json all = ordered_json::array();
  for (const auto& path : context.library.vaes())
    all.push_back({{"model_name", path.filename().string()}, {"filename", path.string()}});
  return json_answer(all);
}

Answer loras(const Asked&, Context& context) {
  ordered_json all = ordered_json::array();
  for (const LoraFile& lora : context.library.loras())
    all.push_back(
        {{"name", lora.name}, {"alias", lora.alias}, {"path", lora.path.string()}, {"metadata", lora.metadata}});
  return json_answer(all);
}

Answer embeddings(const Asked&, Context& context) {
  ordered_json loaded = ordered_json::object();
  for (const std::string& name : context.library.embeddings())
    loaded[name] = {
        {"step", nullptr}, {"sd_checkpoint", nullptr}, {"sd_checkpoint_name", nullptr}, {"shape", 0}, {"vectors", 0}};
  return json_answer({{"loaded", loaded}, {"skipped", ordered_json::object()}});
}

Answer prompt_styles(const Asked&, Context& context) {
  ordered_json all = ordered_json::array();
  for (const prompt::Style& style : context.library.styles())
    all.push_back({{"name", style.name}, {"prompt", style.prompt}, {"negative_prompt", style.negative_prompt}});
  return json_answer(all);
}

Answer realesrgan_models(const Asked&, Context&) {
  ordered_json all = ordered_json::array();
  for (const std::string& name : generate::upscaler_names())
    if (name != "None" && name != "Lanczos" && name != "Nearest")
      all.push_back({{"name", name}, {"path", nullptr}, {"scale", 4}});
  return json_answer(all);
}

Answer scripts(const Asked&, Context&) {
  const ordered_json all = ordered_json::array({kPlotScript});
  return json_answer({{"txt2img", all}, {"img2img", all}});
}

Answer empty_list(const Asked&, Context&) {
  return json_answer(ordered_json::array());
}

}  // namespace darkroom::server::sdapi
