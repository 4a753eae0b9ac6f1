#include "server/field_facts.h"

#include "server/words.h"

namespace darkroom::server {
namespace {

using generate::GenerateRequest;
using generate::RequestField;
using nlohmann::ordered_json;

enum class Type { text, truth, number, whole };

Type type_of(const RequestField& field) {
  if (std::holds_alternative<std::string GenerateRequest::*>(field.member)) return Type::text;
  if (std::holds_alternative<bool GenerateRequest::*>(field.member)) return Type::truth;
  return std::holds_alternative<double GenerateRequest::*>(field.member) ? Type::number : Type::whole;
}

bool is_number(Type type) {
  return type == Type::number || type == Type::whole;
}

ordered_json standard_of(const RequestField& field) {
  // Not as text: a default such as -1 for "as the run is used to" may lie outside of what people can say.
  return std::visit([](const auto member) { return ordered_json(GenerateRequest{}.*member); }, field.member);
}

/// 20 rather than 20.0 where a bound is whole.
ordered_json bound(double value) {
  return value == double(int64_t(value)) ? ordered_json(int64_t(value)) : ordered_json(value);
}

}  // namespace

bool is_for_people(const RequestField& field) {
  for (const char* name : {"lora_dir", "embeddings_dir", "plain", "lora_beside"})
    if (field.name == name) return false;
  return true;
}

ordered_json field_facts(const RequestField& field) {
  constexpr const char* kTypes[] = {"text", "truth", "number", "whole"};
  constexpr const char* kRecorded[] = {"never", "always", "unlike_default"};
  const Type type = type_of(field);
  ordered_json facts = {{"name", field.name},           {"label", label_of(field)},
                        {"flag", field.flag},           {"help", field.help},
                        {"infotext", field.infotext},   {"recorded", kRecorded[size_t(field.recorded)]},
                        {"type", kTypes[size_t(type)]}, {"default", standard_of(field)}};
  if (is_number(type)) {
    facts["least"] = field.range.least;
    facts["most"] = field.range.most;
    facts["multiple_of"] = field.range.multiple_of;
  }
  if (field.choices) facts["choices"] = field.choices();
  return facts;
}

ordered_json field_schema(const RequestField& field) {
  constexpr const char* kTypes[] = {"string", "boolean", "number", "integer"};
  const Type type = type_of(field);
  ordered_json schema = {{"type", kTypes[size_t(type)]}, {"description", field.help}, {"default", standard_of(field)}};
  if (is_number(type)) {
    schema["minimum"] = bound(field.range.least);
    schema["maximum"] = bound(field.range.most);
    if (field.range.multiple_of > 1) schema["multipleOf"] = field.range.multiple_of;
  }
  // Names are taken in any case and by their aliases too, so these are the spellings, not all that is understood.
  if (field.choices) schema["examples"] = field.choices();
  return schema;
}

}  // namespace darkroom::server
