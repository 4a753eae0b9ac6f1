// Folders with models of elsewhere: what was added, adding, removing.
#include "server/json_text.h"
#include "server/model_folders.h"
#include "server/v1/endpoints.h"

namespace darkroom::server::v1 {
namespace {

using nlohmann::ordered_json;

ordered_json folders_json(const std::vector<ModelFolder>& folders) {
  ordered_json all = ordered_json::array();
  for (const ModelFolder& folder : folders)
    all.push_back(
        {{"name", folder.name}, {"kind", folder.kind}, {"place", folder.place.string()}, {"files", folder.files}});
  return {{"folders", std::move(all)}};
}

/// Whoever signs in may be anywhere; where nobody does, the server is reached from this machine alone (access.h).
void require_this_machine(const Asked& asked) {
  require(asked.user.empty(), ErrorKind::invalid_request,
          "folders are chosen on this machine: where people sign in, they are those that the server was started with; "
          "give --models, or link a folder into it");
}

}  // namespace

Answer folders(const Asked&, Context& context) {
  return json_answer(folders_json(added_folders(context.library.folders())));
}

Answer add_folder(const Asked& asked, Context& context) {
  require_this_machine(asked);
  const nlohmann::json body = object_of_body(asked.body);
  const auto text = [&](const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || found->is_null()) return std::string();
    require(found->is_string(), ErrorKind::invalid_request, "{}: a text is needed, a {} was given", name,
            found->type_name());
    return found->get<std::string>();
  };
  const std::vector<ModelFolder> found = folders_in(text("path"), text("kind"));
  add_folders(found, context.library.folders());
  context.library.refresh();
  return json_answer(folders_json(found), 201);
}

Answer remove_folder(const Asked& asked, Context& context) {
  require_this_machine(asked);
  remove_folders(asked.parts.at(0), context.library.folders());
  context.library.refresh();
  return folders(asked, context);
}

}  // namespace darkroom::server::v1
