// Rows of the table of request fields (request_fields.h): the second pass, and pictures to start from.
#pragma once

#include <vector>

#include "generate/request_fields.h"

namespace darkroom::generate {

std::vector<RequestField> hires_fields();
std::vector<RequestField> picture_fields();

}  // namespace darkroom::generate
