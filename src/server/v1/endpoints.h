// Our own API, which the page uses: docs/api.md describes it.
#pragma once

#include "server/handler.h"

namespace darkroom::server::v1 {

Answer description(const Asked& asked, Context& context);
Answer start(const Asked& asked, Context& context);
Answer explain_request(const Asked& asked, Context& context);
Answer refresh(const Asked& asked, Context& context);
Answer set_options(const Asked& asked, Context& context);
Answer set_model(const Asked& asked, Context& context);

Answer submit(const Asked& asked, Context& context);
Answer jobs(const Asked& asked, Context& context);
Answer job(const Asked& asked, Context& context);
Answer cancel(const Asked& asked, Context& context);
Answer skip(const Asked& asked, Context& context);
Answer move(const Asked& asked, Context& context);
Answer preview(const Asked& asked, Context& context);
Answer pause(const Asked& asked, Context& context);
Answer clear(const Asked& asked, Context& context);
Answer events(const Asked& asked, Context& context);

Answer job_files(const Asked& asked, Context& context);
Answer job_file(const Asked& asked, Context& context);
Answer xyz_plan(const Asked& asked, Context& context);
Answer lab_cost(const Asked& asked, Context& context);
Answer noise_levels(const Asked& asked, Context& context);

Answer upload(const Asked& asked, Context& context);
Answer uploaded(const Asked& asked, Context& context);
Answer pictures(const Asked& asked, Context& context);
Answer picture_facets(const Asked& asked, Context& context);
Answer picture(const Asked& asked, Context& context);
Answer picture_file(const Asked& asked, Context& context);
Answer thumbnail(const Asked& asked, Context& context);
Answer flag(const Asked& asked, Context& context);
Answer bin(const Asked& asked, Context& context);
Answer restore(const Asked& asked, Context& context);
Answer recipe(const Asked& asked, Context& context);
Answer prompt(const Asked& asked, Context& context);

Answer folders(const Asked& asked, Context& context);
Answer add_folder(const Asked& asked, Context& context);
Answer remove_folder(const Asked& asked, Context& context);

Answer model_card(const Asked& asked, Context& context);
Answer lora_preview(const Asked& asked, Context& context);
Answer set_lora_preview(const Asked& asked, Context& context);

Answer residency(const Asked& asked, Context& context);
Answer change_residency(const Asked& asked, Context& context);

Answer train_start(const Asked& asked, Context& context);
Answer add_run(const Asked& asked, Context& context);
Answer run(const Asked& asked, Context& context);
Answer save_draft(const Asked& asked, Context& context);
Answer explain_run(const Asked& asked, Context& context);
Answer plan_run(const Asked& asked, Context& context);
Answer start_run(const Asked& asked, Context& context);
Answer run_now(const Asked& asked, Context& context);
Answer run_series(const Asked& asked, Context& context);
Answer run_sample(const Asked& asked, Context& context);
Answer use_run(const Asked& asked, Context& context);
Answer diff_runs(const Asked& asked, Context& context);
Answer add_record(const Asked& asked, Context& context);
Answer remove_record(const Asked& asked, Context& context);
Answer dataset(const Asked& asked, Context& context);
Answer add_dataset(const Asked& asked, Context& context);
Answer add_dataset_picture(const Asked& asked, Context& context);
Answer dataset_thumbnail(const Asked& asked, Context& context);
Answer set_caption(const Asked& asked, Context& context);

/// The JSON of start(), for the page.
nlohmann::ordered_json start_json(Context& context);
nlohmann::ordered_json residency_json(Context& context);

}  // namespace darkroom::server::v1
