// JSON from outside as the texts that request fields read.
#pragma once

#include "generate/request_fields.h"
#include "server/body.h"

namespace darkroom::server {

/// An object of request fields; null values are left out. Throws Error{invalid_request} naming the field.
generate::Settings settings_of(const nlohmann::json& fields);

}  // namespace darkroom::server
