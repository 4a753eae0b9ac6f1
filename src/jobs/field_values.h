// What somebody said of a request, as JSON's own types.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "generate/request_fields.h"

namespace darkroom::jobs {

/// "20" of a field of whole numbers is 20, "True" is true. A text the field does not take stays a text.
nlohmann::ordered_json field_value(const generate::RequestField& field, const std::string& text);

/// {field: value}, in the order of infotext.
nlohmann::ordered_json field_values(const generate::Settings& settings);

}  // namespace darkroom::jobs
