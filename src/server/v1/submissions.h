// What people submit, by kind: a body becomes what the kind's runner keeps. Everything that can be refused is refused
// here, before a job waits for hours.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "jobs/lab_job.h"
#include "jobs/xyz_job.h"
#include "server/context.h"

namespace darkroom::server::v1 {

struct Submission {
  std::string title;    ///< one line for people
  std::string request;  ///< as jobs::Job keeps it
};

/// Throws Error: invalid_request for a kind that is not there and for bodies that are none, not_found for files that
/// are not there.
Submission submission_of(const std::string& kind, const nlohmann::json& body, Context& context);

/// What a body's "request" says over the options, its files found. Throws as submission_of().
generate::Settings picture_settings(const nlohmann::json& body, const Context& context);

/// A body's X/Y/Z plot or prompt matrix: {"request", "x", "y", "z", "matrix"}. Throws as submission_of().
jobs::XyzJob xyz_of(const nlohmann::json& body, Context& context);
/// A plot ready to be kept: its seeds drawn, its sides known, every cell checked. The settings' files are resolved
/// already. Throws as submission_of().
jobs::XyzJob settled_plot(jobs::XyzJob job, const Context& context);
/// What its cells are, as the files in the folders are now. Throws as submission_of().
plot::Plan plan_of(const jobs::XyzJob& job, const Context& context);

/// A body's report: {"report", "request", "cfg_scales", "steps", "seeds", "loras", "model"}. Throws as submission_of().
jobs::LabJob lab_of(const nlohmann::json& body, Context& context);

}  // namespace darkroom::server::v1
