// What the gallery narrows by and sorts by: the columns that a picture's recipe and its job fill.
#pragma once

#include <string>
#include <vector>

namespace darkroom::jobs {

/// As the recipe writes them; empty where it does not.
struct PictureFacts {
  std::string model, sampler, size, cfg, steps;
  std::string made_by;             ///< "txt2img", "img2img", "inpaint", else the kind of job; empty = not known
  std::vector<std::string> loras;  ///< by their names in the prompt, each once
};

/// `kind` and `request` are of the job that made it, empty where it is gone. Never throws Error: what cannot be read
/// is not there.
PictureFacts picture_facts(const std::string& infotext, const std::string& kind, const std::string& request);

}  // namespace darkroom::jobs
