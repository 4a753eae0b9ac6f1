// Rows of the table of request fields (request_fields.h): how a run samples, and how it is computed.
#pragma once

#include <string>
#include <vector>

#include "generate/request_fields.h"

namespace darkroom::generate {

std::vector<RequestField> sampling_fields();

std::vector<std::string> noise_schedule_names();

}  // namespace darkroom::generate
