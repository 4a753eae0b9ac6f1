// What is in memory, and moving it.
#include "generate/devices.h"
#include "server/json_text.h"
#include "server/v1/endpoints.h"

namespace darkroom::server::v1 {
namespace {

using nlohmann::ordered_json;

ordered_json part_json(const generate::PartFacts& part, const jobs::Residency::State& state) {
  const int64_t bytes = part.memory_bytes + part.file_bytes + part.accelerator_bytes;
  const int64_t in_memory = part.memory_bytes + part.read_bytes;
  return {{"name", part.name},
          {"where", bytes == 0                   ? "none"
                    : part.accelerator_bytes > 0 ? "accelerator"
                    : 2 * in_memory >= bytes     ? "memory"
                                                 : "file"},
          {"bytes", bytes},
          {"memory_bytes", part.memory_bytes},
          {"file_bytes", part.file_bytes},
          {"read_bytes", part.read_bytes},
          {"accelerator_bytes", part.accelerator_bytes},
          {"pinned", state.pinned_parts.contains(part.name)},
          {"movable", part.accelerator_bytes > 0 || part.can_return_to_file()},
          {"precision", part.precision}};
}

generate::PartPlace place_named(const std::string& name) {
  if (name == "file") return generate::PartPlace::file;
  if (name == "memory") return generate::PartPlace::memory;
  require(name == "accelerator", ErrorKind::invalid_request, "to: file, memory or accelerator is needed");
  return generate::PartPlace::accelerator;
}

/// Null where there is none, so that nobody offers what cannot be.
ordered_json accelerator_json() {
  const std::string device = generate::used_device();
  return device == "cpu" ? ordered_json(nullptr) : ordered_json(device);
}

}  // namespace

ordered_json residency_json(Context& context) {
  const jobs::Residency::State state = context.residency.state();
  const jobs::MemoryFacts memory = jobs::memory_facts();
  const auto running = context.queue.running();
  ordered_json parts = ordered_json::array();
  for (const generate::PartFacts& part : state.parts) parts.push_back(part_json(part, state));
  // The model that comes with Darkroom has no path; before the first load there is no model at all.
  const bool is_known = state.is_loaded || !state.model.empty();
  const std::string model = is_known ? context.library.title_of_path(state.model) : "";
  return {{"model", model},
          {"state", state.is_loaded ? "loaded" : "unloaded"},
          {"parts", std::move(parts)},
          {"pinned", state.is_pinned},
          {"last_used", state.last_use > 0 ? ordered_json(state.last_use) : ordered_json(nullptr)},
          {"accelerator", accelerator_json()},
          {"in_use_by", state.is_in_use && running ? ordered_json(running->job) : ordered_json(nullptr)},
          {"memory",
           {{"total", memory.total}, {"free", memory.free}, {"process", memory.process}, {"mapped", memory.mapped}}}};
}

Answer residency(const Asked&, Context& context) {
  return json_answer(residency_json(context));
}

Answer change_residency(const Asked& asked, Context& context) {
  const nlohmann::json body = object_of_body(asked.body);
  const auto text = [&](const char* name) {
    return body.contains(name) && body[name].is_string() ? body[name].get<std::string>() : std::string();
  };
  const std::string action = text("action"), part = text("part").substr(0, 100);
  const double start = jobs::now();
  int64_t freed = 0;
  if (action == "unload") {
    freed = context.residency.unload();
  } else if (action == "reload") {
    context.residency.reload();
  } else if (action == "move") {
    freed = context.residency.move(part, place_named(text("to")));
  } else {
    require(action == "pin" || action == "unpin", ErrorKind::invalid_request,
            "action: unload, reload, move, pin or unpin is needed");
    if (part.empty())
      context.residency.pin(action == "pin");
    else
      context.residency.pin_part(part, action == "pin");
  }
  ordered_json answer = {{"freed", freed}, {"seconds", jobs::now() - start}};
  answer.update(residency_json(context));
  context.events.add("residency", "", line_of(residency_json(context)), /*is_state=*/true);
  return json_answer(answer);
}

}  // namespace darkroom::server::v1
