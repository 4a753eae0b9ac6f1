// What a caption becomes each time its picture is used.
// Source of truth: sd-scripts, library/train_util.py process_caption; every draw depends on the sample alone
// (random.h), not on what was drawn before.
#pragma once

#include <string>
#include <vector>

#include "base/tensor.h"
#include "train/training_options.h"

namespace darkroom::train {

/// Throws Error{invalid_request} for shares outside [0, 1], negative counts and an empty separator.
void check(const CaptionRules& rules);

/// Of one use: `lines` is the caption file's; `epoch` from 1, `step` of `steps` from 0. Draws from `generator`.
struct CaptionUse {
  int64_t epoch = 1, step = 0, steps = 1;
};
std::string used_caption(const CaptionRules& rules, const std::vector<std::string>& lines, const CaptionUse& use,
                         at::Generator& generator);

/// As a picture that is measured has it: whole, nothing dropped or grown, tags in their order unless they stand around
/// keep_tokens_separator. What is left to choose is drawn from `generator`.
std::string measured_caption(const CaptionRules& rules, const std::vector<std::string>& lines,
                             at::Generator& generator);

}  // namespace darkroom::train
