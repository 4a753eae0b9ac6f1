// Settings, memory, looking for files again.
#include "server/json_text.h"
#include "server/sdapi/endpoints.h"

namespace darkroom::server::sdapi {

using nlohmann::ordered_json;

Answer options(const Asked&, Context& context) {
  ordered_json all = context.options.all();
  const ModelFile model = context.library.model_named(context.options.text("sd_model_checkpoint"));
  all["sd_model_checkpoint"] = model.title();
  all["sd_checkpoint_hash"] = model.hash;
  return json_answer(all);
}

Answer set_options(const Asked& asked, Context& context) {
  nlohmann::json changes = object_of_body(asked.body);
  // Where files go and which addresses may be read is nobody's business over the network.
  for (auto change = changes.begin(); change != changes.end();) {
    const std::string& name = change.key();
    const bool is_refused = change->is_null() || name.starts_with("outdir_") || name.starts_with("api_") ||
                            name == "temp_dir" || name == "sd_checkpoint_hash";
    change = is_refused ? changes.erase(change) : std::next(change);
  }
  const auto checkpoint = changes.find("sd_model_checkpoint");
  if (checkpoint != changes.end()) {
    require(checkpoint->is_string(), ErrorKind::invalid_request, "sd_model_checkpoint: a text is needed");
    const ModelFile model = context.library.model_named(checkpoint->get<std::string>());
    *checkpoint = model.is_built_in ? "" : model.path.string();
  }
  const auto vae = changes.find("sd_vae");
  if (vae != changes.end() && vae->is_string()) context.library.vae_named(vae->get<std::string>());
  context.options.change(changes);
  return json_answer(nullptr);
}

Answer cmd_flags(const Asked&, Context&) {
  return json_answer({{"api", true}, {"nowebui", false}, {"listen", false}});
}

Answer refresh(const Asked&, Context& context) {
  context.library.refresh();
  return json_answer(nullptr);
}

Answer unload_checkpoint(const Asked&, Context& context) {
  context.residency.unload();
  return json_answer(ordered_json::object());
}

Answer reload_checkpoint(const Asked&, Context& context) {
  context.residency.reload();
  return json_answer(ordered_json::object());
}

Answer memory(const Asked&, Context&) {
  const jobs::MemoryFacts facts = jobs::memory_facts();
  return json_answer({{"ram", {{"free", facts.free}, {"used", facts.process}, {"total", facts.total}}},
                      {"cuda", {{"error", "there is no accelerator"}}}});
}

Answer not_here(const Asked& asked, Context&) {
  return error_answer(501, "NotImplemented", asked.path + ": Darkroom does not have this");
}

}  // namespace darkroom::server::sdapi
