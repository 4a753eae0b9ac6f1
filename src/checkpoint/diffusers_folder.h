// A diffusers folder: which parts it has and which files hold them.
// Source of truth: diffusers, pipelines/pipeline_loading_utils.py and models/modeling_utils.py (names of weight files).
#pragma once

#include <filesystem>
#include <string>

#include "checkpoint/detect.h"
#include "checkpoint/read_config.h"

namespace darkroom::checkpoint {

/// The configs of all parts in the form description_from() reads, tokenizers and darkroom.json included.
/// Throws Error: not_found (no model_index.json, a part's file), unsupported (another pipeline), corrupt_file.
Json folder_configs(const std::filesystem::path& folder);

/// The weights in a part's folder: one file or shards, safetensors before .bin, full precision before fp16.
/// Throws Error{not_found} listing the names tried, and what the readers throw.
PartTensors part_weights(const std::filesystem::path& part);

/// A JSON file. Throws Error{not_found, corrupt_file} naming it.
Json read_json_file(const std::filesystem::path& path);

}  // namespace darkroom::checkpoint
