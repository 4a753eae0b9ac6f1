#include "jobs/field_values.h"

#include "base/error.h"

namespace darkroom::jobs {

nlohmann::ordered_json field_value(const generate::RequestField& field, const std::string& text) {
  generate::GenerateRequest request;
  try {
    generate::assign_field(request, field, text);
  } catch (const Error&) {
    return text;  // kept by another version of the program; it is what was said
  }
  return std::visit([&](const auto member) { return nlohmann::ordered_json(request.*member); }, field.member);
}

nlohmann::ordered_json field_values(const generate::Settings& settings) {
  nlohmann::ordered_json values = nlohmann::ordered_json::object();
  for (const generate::RequestField& field : generate::request_fields()) {
    const auto said = settings.find(field.name);
    if (said != settings.end()) values[field.name] = field_value(field, said->second);
  }
  return values;
}

}  // namespace darkroom::jobs
