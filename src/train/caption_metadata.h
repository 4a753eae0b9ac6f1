// Captions in one file instead of a text file beside each picture: what kohya's tools call metadata (in_json of a run,
// metadata_file of a subset). Source of truth: sd-scripts, library/train_util.py FineTuningDataset.
#pragma once

#include "train/image_folders.h"
#include "train/training_options.h"

namespace darkroom::train {

/// JSON: {"a.png": {"caption": "a red disc", "tags": "round, bright"}, ...}, or in a .jsonl file a line
/// {"image_path": "a.png", "caption": ...} for each. Pictures with relative names lie in `image_dir`; a name without
/// an ending is that of the .png, .jpg, .jpeg or .webp there. A caption is followed by its tags, `rules.separator`
/// between; with `rules.wildcards` each of its lines is. By name. Throws Error: those of formats::read_text_file;
/// corrupt_file for what is no such JSON; not_found for a picture that is missing, or none at all; invalid_request for
/// repeats out of range.
ImageFolder read_caption_metadata(const std::filesystem::path& file, const std::filesystem::path& image_dir,
                                  int64_t repeats, const CaptionRules& rules);

}  // namespace darkroom::train
