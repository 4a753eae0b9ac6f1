#include "server/json_text.h"

#include "base/error.h"

namespace darkroom::server {

generate::Settings settings_of(const nlohmann::json& fields) {
  require(fields.is_object(), ErrorKind::invalid_request, "request: an object of fields is needed, a {} was given",
          fields.type_name());
  generate::Settings settings;
  for (const auto& [name, value] : fields.items()) {
    if (value.is_null()) continue;
    try {
      settings[generate::request_field(name).name] = field_text_of(value);
    } catch (const Error& error) {
      throw error.within(name);
    }
  }
  return settings;
}

}  // namespace darkroom::server
