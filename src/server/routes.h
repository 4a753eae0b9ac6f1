// The whole API.
#pragma once

#include <vector>

#include "server/handler.h"

namespace darkroom::server {

const std::vector<Route>& routes();

}  // namespace darkroom::server
