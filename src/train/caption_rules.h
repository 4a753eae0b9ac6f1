// What a caption becomes each time its picture is used.
// Source of truth: sd-scripts, library/train_util.py process_caption; every draw depends on the sample alone
// (random.h), not on what was drawn before.
#pragma once

#include <string>
#include <vector>

#include "base/tensor.h"

namespace darkroom::train {

struct CaptionRules {
  std::string prefix, suffix;          ///< put before and after with a blank
  double dropout_rate = 0;             ///< share of uses with no caption at all
  int64_t dropout_every_n_epochs = 0;  ///< 0 = never; epochs count from 1
  bool wildcards = false;              ///< any line of several; {a|b} is one of them, {{ and }} are brackets
  std::string separator = ",";         ///< of tags
  bool shuffle = false;                ///< tags, but for the kept ones
  int64_t keep_tokens = 0;             ///< first tags that stay where they are
  std::string keep_tokens_separator;   ///< "|||": what stands before it stays, and what stands after a second one
  double tag_dropout_rate = 0;         ///< share of the tags that are not kept
  double warmup_steps = 0;             ///< tags grow from warmup_min to all; below 1 a share of the run
  int64_t warmup_min = 1;
  std::string secondary_separator;  ///< becomes `separator` in the end: ties tags together until then
};

/// Throws Error{invalid_request} for shares outside [0, 1], negative counts and an empty separator.
void check(const CaptionRules& rules);

/// Of one use: `lines` is the caption file's; `epoch` from 1, `step` of `steps` from 0. Draws from `generator`.
struct CaptionUse {
  int64_t epoch = 1, step = 0, steps = 1;
};
std::string used_caption(const CaptionRules& rules, const std::vector<std::string>& lines, const CaptionUse& use,
                         at::Generator& generator);

}  // namespace darkroom::train
