// What somebody typed into the gallery's search, as a condition on the table of pictures.
#pragma once

#include <string>
#include <vector>

#include "jobs/job_store.h"

namespace darkroom::jobs {

struct PictureCondition {
  std::string sql;                  ///< "WHERE ..." with a ? for each value
  std::vector<std::string> values;  ///< what people typed is only ever in here
};

/// Words must all be in the infotext (which has prompt, model, sampler and all fields), "several words" as they stand,
/// -word must not. model:, sampler:, seed:, size:, cfg:, steps: look into the field of that name; lora: into the tags.
PictureCondition picture_condition(const PictureQuery& query);

}  // namespace darkroom::jobs
