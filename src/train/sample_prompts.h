// Files of prompts that a run makes pictures of: one a line, with kohya's flags.
// Source of truth: sd-scripts, library/train_util.py load_prompts, line_to_prompt_dict.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace darkroom::train {

struct SamplePrompt {
  std::string prompt;
  /// What the line says besides, under the names of the API's fields: "negative_prompt", "width", "height", "seed",
  /// "steps", "cfg_scale", "sampler_name".
  std::map<std::string, std::string> settings;
};

/// Lines of a text file; empty ones and those that begin with # are left out. "a cat --n blurry --w 512 --h 768 --d 1
/// --s 28 --l 7.5 --ss euler_a": negative prompt, size, seed, steps, CFG scale, sampler. Throws Error: as
/// read_text_file(), and invalid_request naming the line for another flag or a flag without a value.
std::vector<SamplePrompt> read_sample_prompts(const std::filesystem::path& file);

}  // namespace darkroom::train
