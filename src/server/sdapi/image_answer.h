// What txt2img and img2img answer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jobs/job.h"

namespace darkroom::server {

/// A1111's "info": what made the pictures, as JSON in a text. `grids`: so many in front are made of others.
std::string info_text(const std::vector<jobs::PictureRecord>& pictures, const jobs::Job& job, int grids = 0);

}  // namespace darkroom::server
