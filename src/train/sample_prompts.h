// Files of prompts that a run makes pictures of: text with kohya's flags, TOML or JSON with kohya's keys.
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

/// By the file's ending.
/// Text: one prompt a line; empty lines and those that begin with # are left out. "a cat --n blurry --w 512 --h 768 --d
/// 1 --s 28 --l 7.5 --ss euler_a": negative prompt, size, seed, steps, CFG scale, sampler.
/// .json: a list whose elements are such lines, or objects with kohya's keys "prompt", "negative_prompt", "width",
/// "height", "seed", "sample_steps", "scale", "sample_sampler". .toml: [prompt] with keys for all, and a
/// [[prompt.subset]] for each prompt, whose keys count over those.
/// None of a text file without a prompt, as kohya's GUI writes it where nothing was said. Throws Error: as
/// read_text_file(), and invalid_request naming the line or the prompt, for what is not known, has no value or the
/// wrong kind of one, and for a table without a prompt.
std::vector<SamplePrompt> read_sample_prompts(const std::filesystem::path& file);

/// diffusers' and kohya's name of a sampler, as A1111 calls it: "k_dpm_2_a" -> "DPM2 a"; others stay as they are.
std::string sampler_named_by_kohya(const std::string& name);

}  // namespace darkroom::train
