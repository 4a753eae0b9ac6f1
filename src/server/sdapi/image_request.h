// A1111's txt2img and img2img bodies as jobs of ours. Source of truth: A1111 1.10, modules/api/models.py, api.py.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "jobs/picture_job.h"
#include "server/context.h"
#include "server/sdapi/plot_script.h"

namespace darkroom::server {

/// A field whose value has the wrong type, as A1111's clients are told: {"loc", "msg", "type"}.
using FieldProblem = nlohmann::ordered_json;

struct ImageRequest {
  jobs::PictureJob job;
  std::optional<PlotScript> plot;  ///< the job is a cell of it
  std::string task_id;             ///< force_task_id; may be empty
  bool sends_images = true, saves_images = false;
  nlohmann::ordered_json echo;         ///< the body with all defaults, without its pictures
  std::vector<std::string> warnings;   ///< what was asked for and will not act
  std::vector<FieldProblem> problems;  ///< if there are any, nothing else counts
};

/// Unknown fields are ignored, as by A1111; known ones that we cannot honour are warned of. Pictures in the body are
/// kept as uploads. Throws Error: invalid_request, not_found (a checkpoint, a VAE, a style).
ImageRequest image_request(const nlohmann::json& body, ImageKind kind, Context& context);

}  // namespace darkroom::server
