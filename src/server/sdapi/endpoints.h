// A1111's endpoints, each a handler. Source of truth: A1111 1.10, modules/api/api.py, modules/progress.py.
#pragma once

#include "server/handler.h"

namespace darkroom::server::sdapi {

Answer txt2img(const Asked& asked, Context& context);
Answer img2img(const Asked& asked, Context& context);
Answer extra_single_image(const Asked& asked, Context& context);
Answer extra_batch_images(const Asked& asked, Context& context);
Answer png_info(const Asked& asked, Context& context);

Answer progress(const Asked& asked, Context& context);
Answer internal_progress(const Asked& asked, Context& context);
Answer pending_tasks(const Asked& asked, Context& context);
Answer ping(const Asked& asked, Context& context);
Answer interrupt(const Asked& asked, Context& context);
Answer skip(const Asked& asked, Context& context);

Answer options(const Asked& asked, Context& context);
Answer set_options(const Asked& asked, Context& context);
Answer cmd_flags(const Asked& asked, Context& context);
Answer refresh(const Asked& asked, Context& context);
Answer unload_checkpoint(const Asked& asked, Context& context);
Answer reload_checkpoint(const Asked& asked, Context& context);
Answer memory(const Asked& asked, Context& context);

Answer samplers(const Asked& asked, Context& context);
Answer schedulers(const Asked& asked, Context& context);
Answer upscalers(const Asked& asked, Context& context);
Answer latent_upscale_modes(const Asked& asked, Context& context);
Answer sd_models(const Asked& asked, Context& context);
Answer sd_vae(const Asked& asked, Context& context);
Answer loras(const Asked& asked, Context& context);
Answer embeddings(const Asked& asked, Context& context);
Answer prompt_styles(const Asked& asked, Context& context);
Answer realesrgan_models(const Asked& asked, Context& context);
Answer scripts(const Asked& asked, Context& context);
Answer empty_list(const Asked& asked, Context& context);

/// What A1111 has and Darkroom does not: interrogate, its own training. Says so.
Answer not_here(const Asked& asked, Context& context);

}  // namespace darkroom::server::sdapi
