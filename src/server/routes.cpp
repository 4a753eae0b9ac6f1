// The whole API at a glance: method, path, function.
#include "server/routes.h"

#include "server/sdapi/endpoints.h"
#include "server/v1/endpoints.h"

namespace darkroom::server {

const std::vector<Route>& routes() {
  static const std::vector<Route> kRoutes = {
      // A1111's
      {"POST", "/sdapi/v1/txt2img", sdapi::txt2img},
      {"POST", "/sdapi/v1/img2img", sdapi::img2img},
      {"POST", "/sdapi/v1/extra-single-image", sdapi::extra_single_image},
      {"POST", "/sdapi/v1/extra-batch-images", sdapi::extra_batch_images},
      {"POST", "/sdapi/v1/png-info", sdapi::png_info},
      {"GET", "/sdapi/v1/progress", sdapi::progress},
      {"POST", "/sdapi/v1/interrupt", sdapi::interrupt},
      {"POST", "/sdapi/v1/skip", sdapi::skip},
      {"GET", "/sdapi/v1/options", sdapi::options},
      {"POST", "/sdapi/v1/options", sdapi::set_options},
      {"GET", "/sdapi/v1/cmd-flags", sdapi::cmd_flags},
      {"GET", "/sdapi/v1/samplers", sdapi::samplers},
      {"GET", "/sdapi/v1/schedulers", sdapi::schedulers},
      {"GET", "/sdapi/v1/upscalers", sdapi::upscalers},
      {"GET", "/sdapi/v1/latent-upscale-modes", sdapi::latent_upscale_modes},
      {"GET", "/sdapi/v1/sd-models", sdapi::sd_models},
      {"GET", "/sdapi/v1/sd-vae", sdapi::sd_vae},
      {"GET", "/sdapi/v1/loras", sdapi::loras},
      {"GET", "/sdapi/v1/embeddings", sdapi::embeddings},
      {"GET", "/sdapi/v1/prompt-styles", sdapi::prompt_styles},
      {"GET", "/sdapi/v1/realesrgan-models", sdapi::realesrgan_models},
      {"GET", "/sdapi/v1/hypernetworks", sdapi::empty_list},
      {"GET", "/sdapi/v1/face-restorers", sdapi::empty_list},
      {"GET", "/sdapi/v1/extensions", sdapi::empty_list},
      {"GET", "/sdapi/v1/scripts", sdapi::scripts},
      {"GET", "/sdapi/v1/script-info", sdapi::empty_list},
      {"GET", "/sdapi/v1/memory", sdapi::memory},
      {"POST", "/sdapi/v1/refresh-checkpoints", sdapi::refresh},
      {"POST", "/sdapi/v1/refresh-vae", sdapi::refresh},
      {"POST", "/sdapi/v1/refresh-loras", sdapi::refresh},
      {"POST", "/sdapi/v1/refresh-embeddings", sdapi::refresh},
      {"POST", "/sdapi/v1/unload-checkpoint", sdapi::unload_checkpoint},
      {"POST", "/sdapi/v1/reload-checkpoint", sdapi::reload_checkpoint},
      {"POST", "/sdapi/v1/interrogate", sdapi::not_here},
      {"POST", "/sdapi/v1/create/embedding", sdapi::not_here},
      {"POST", "/sdapi/v1/create/hypernetwork", sdapi::not_here},
      {"POST", "/sdapi/v1/train/embedding", sdapi::not_here},
      {"POST", "/sdapi/v1/train/hypernetwork", sdapi::not_here},
      {"POST", "/internal/progress", sdapi::internal_progress},
      {"GET", "/internal/pending-tasks", sdapi::pending_tasks},
      {"GET", "/internal/ping", sdapi::ping},

      // Ours
      {"GET", "/api/v1/openapi.json", v1::description},
      {"GET", "/v1/openapi.json", v1::description},
      {"GET", "/api/v1/start", v1::start},
      {"POST", "/api/v1/refresh", v1::refresh},
      {"POST", "/api/v1/options", v1::set_options},
      {"POST", "/api/v1/model", v1::set_model},
      {"GET", "/api/v1/events", v1::events},
      {"POST", "/api/v1/jobs", v1::submit},
      {"GET", "/api/v1/jobs", v1::jobs},
      {"GET", "/api/v1/jobs/{}", v1::job},
      {"DELETE", "/api/v1/jobs/{}", v1::cancel},
      {"POST", "/api/v1/jobs/{}/skip", v1::skip},
      {"POST", "/api/v1/jobs/{}/move", v1::move},
      {"GET", "/api/v1/jobs/{}/preview", v1::preview},
      {"GET", "/api/v1/jobs/{}/files", v1::job_files},
      {"GET", "/api/v1/jobs/{}/files/{}", v1::job_file},
      {"POST", "/api/v1/plans/xyz", v1::xyz_plan},
      {"POST", "/api/v1/plans/lab", v1::lab_cost},
      {"POST", "/api/v1/noise-levels", v1::noise_levels},
      {"POST", "/api/v1/queue", v1::pause},
      {"POST", "/api/v1/queue/clear", v1::clear},
      {"POST", "/api/v1/uploads", v1::upload},
      {"GET", "/api/v1/uploads/{}", v1::uploaded},
      {"GET", "/api/v1/pictures", v1::pictures},
      {"GET", "/api/v1/pictures/{}", v1::picture},
      {"GET", "/api/v1/pictures/{}/file", v1::picture_file},
      {"GET", "/api/v1/pictures/{}/thumbnail", v1::thumbnail},
      {"POST", "/api/v1/pictures/{}/flag", v1::flag},
      {"DELETE", "/api/v1/pictures/{}", v1::bin},
      {"POST", "/api/v1/pictures/{}/restore", v1::restore},
      {"POST", "/api/v1/recipe", v1::recipe},
      {"POST", "/api/v1/prompt", v1::prompt},
      {"GET", "/api/v1/residency", v1::residency},
      {"POST", "/api/v1/residency", v1::change_residency},
  };
  return kRoutes;
}

}  // namespace darkroom::server
