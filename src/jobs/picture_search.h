// What somebody typed into the gallery's search, as a condition on the table of pictures.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobs/job_store.h"

namespace darkroom::jobs {

struct PictureCondition {
  std::string sql;                  ///< "WHERE ..." with a ? for each value
  std::vector<std::string> values;  ///< what people typed is only ever in here
};

/// Words must all be in the infotext (which has prompt, model, sampler and all fields), "several words" as they stand,
/// -word must not. A word with one of these names before a colon looks into that column, and several of one name are
/// alternatives: model:, sampler:, by:, lora: are how a name begins, in quotes the whole name; size:, cfg:, steps:,
/// seed:, flag: are whole values; lora:none; date:today, date:week (from Monday on), date:2026-11-27 or its beginning.
/// Words of the name `left_out` are not looked at.
PictureCondition picture_condition(const PictureQuery& query, std::string_view left_out = "");

/// "ORDER BY ..." of the query's order; unknown ones are the first.
std::string picture_order(const PictureQuery& query);

/// The word that finds what has this value, as people would type it.
std::string picture_word(const std::string& field, const std::string& value);

/// When a day and a week began: what a picture's time is held against.
inline constexpr const char* kStartOfToday =
    "CAST(strftime('%s', 'now', 'localtime', 'start of day', 'utc') AS INTEGER)";
inline constexpr const char* kStartOfWeek =
    "CAST(strftime('%s', 'now', 'localtime', 'start of day', 'weekday 0', '-6 days', 'utc') AS INTEGER)";

}  // namespace darkroom::jobs
