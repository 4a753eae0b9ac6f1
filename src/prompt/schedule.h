// Prompts that change while a picture is made, and prompts that are several.
// Source of truth: AUTOMATIC1111 modules/prompt_parser.py, get_learned_conditioning_prompt_schedules and
// get_multicond_prompt_list.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::prompt {

/// What a prompt says for a while.
struct ScheduledText {
  int last_call;  ///< denoiser calls are counted from 0; the first entry with call <= last_call counts
  std::string text;
  bool operator==(const ScheduledText&) const = default;
};

struct ScheduleOptions {
  int calls = 20;                                 ///< denoiser calls planned for the first pass
  std::optional<int> hires_calls = std::nullopt;  ///< of the second, if it is what is asked about
  bool old_rule = false;  ///< before A1111 1.6: a time below 1 is a share, and the second pass repeats the first's
};

/// - `[from:to:when]` says one, then the other; `[to:when]` nothing first, `[from::when]` nothing then. `when` with a
///   point is a share of the calls, else a number of calls. Blanks around it do not count.
/// - `[a|b|c]` takes the options in turn, call by call; options may be empty.
/// Everything else, brackets of emphasis included, stays as it is. Text with a `|` outside of such brackets, or with a
/// backslash at its end, is taken literally, schedules and all, as in the reference. The last entry's last_call is the
/// number of calls. Throws invalid_request for brackets nested more than a thousand deep.
std::vector<ScheduledText> parse_schedule(std::string_view text, const ScheduleOptions& options);

/// A part of a prompt between the word AND.
struct WeightedPart {
  std::string text;
  double weight = 1;
  bool operator==(const WeightedPart&) const = default;
};

/// `a AND b:0.5`: what is guided towards at once, each with its weight. Never empty. The weight rule holds without any
/// AND too: a prompt that ends in `:1.5` is guided towards so much more strongly.
std::vector<WeightedPart> split_and(std::string_view text);

}  // namespace darkroom::prompt
