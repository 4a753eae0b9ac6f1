// Over the network nobody names files of this machine: requests choose among what the library has and what was
// uploaded.
#pragma once

#include "generate/request_fields.h"
#include "server/context.h"

namespace darkroom::server {

/// The settings with paths in place of names: `model` is a title (see Library::model_named; none is the chosen one),
/// `vae`, `taesd` and `hr_upscaler` names of files that are there, init_image and mask uploads. Where LoRA files and
/// embeddings lie is decided here. Throws Error: not_found, invalid_request.
generate::Settings with_own_files(generate::Settings settings, const Context& context);

/// An upscaler of pictures or latents that is there, in its own spelling. Throws Error{invalid_request}.
std::string own_upscaler(const std::string& name);

}  // namespace darkroom::server
