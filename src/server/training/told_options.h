// A draft as what the trainer is told: names of models, datasets and LoRA files become paths of this machine.
#pragma once

#include <string>

#include "server/context.h"
#include "server/training/runs.h"

namespace darkroom::server {

/// Without output_dir, which the job decides. Throws Error: invalid_request for options that nobody sets over the
/// network (paths), unknown ones, or values that would lead out of the run's folder; not_found for a name that is not
/// there.
train::ToldOptions told_options(const std::string& run, const RunDraft& draft, Context& context);

/// Where the prompts of sample pictures lie; written by write_prompts() when a run starts.
std::filesystem::path prompts_file(const std::string& run, Context& context);
void write_prompts(const std::string& run, const RunDraft& draft, Context& context);

}  // namespace darkroom::server
