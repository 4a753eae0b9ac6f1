#include "train/caption_rules.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "prompt/blanks.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

using prompt::without_blanks_around;
using Tags = std::vector<std::string>;

Tags split(std::string_view text, std::string_view separator) {
  Tags tags;
  while (true) {
    const size_t end = std::min(text.find(separator), text.size());
    tags.emplace_back(without_blanks_around(text.substr(0, end)));
    if (end == text.size()) return tags;
    text.remove_prefix(end + separator.size());
  }
}

Tags without_empty(Tags tags) {
  std::erase(tags, "");
  return tags;
}

const std::string& one_of(const Tags& choices, at::Generator& generator) {
  return choices[size_t(random_index(generator, int64_t(choices.size())))];
}

/// "{a|b}" -> a or b, "{{" and "}}" -> single brackets; a bracket that is never closed, and "{}", stay.
std::string with_choices_made(std::string_view text, at::Generator& generator) {
  std::string out;
  while (!text.empty()) {
    const bool is_doubled = text.starts_with("{{") || text.starts_with("}}");
    const size_t close = text.find('}');
    if (is_doubled) {
      out += text[0];
      text.remove_prefix(2);
    } else if (text[0] == '{' && close != std::string_view::npos && close > 1) {
      Tags choices;
      for (std::string_view inner = text.substr(1, close - 1);;) {
        const size_t end = std::min(inner.find('|'), inner.size());
        choices.emplace_back(inner.substr(0, end));
        if (end == inner.size()) break;
        inner.remove_prefix(end + 1);
      }
      out += one_of(choices, generator);
      text.remove_prefix(close + 1);
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

struct TagParts {
  Tags fixed, free, fixed_after;
};

TagParts tag_parts(const CaptionRules& rules, const std::string& caption) {
  const std::string& mark = rules.keep_tokens_separator;
  const size_t first = mark.empty() ? std::string::npos : caption.find(mark);
  if (first == std::string::npos) {
    Tags all = split(without_blanks_around(caption), rules.separator);
    const auto kept = all.begin() + std::min<int64_t>(rules.keep_tokens, int64_t(all.size()));
    return {{all.begin(), kept}, {kept, all.end()}, {}};
  }
  const auto part = [&](size_t begin, size_t end) {
    return without_empty(split(caption.substr(begin, end == std::string::npos ? end : end - begin), rules.separator));
  };
  const size_t after = first + mark.size(), second = caption.find(mark, after);
  return {part(0, first), part(after, second),
          second == std::string::npos ? Tags{} : part(second + mark.size(), std::string::npos)};
}

/// How many of `count` free tags are used in this step.
int64_t grown(const CaptionRules& rules, int64_t count, const CaptionUse& use) {
  const double over = rules.warmup_steps < 1 ? std::floor(rules.warmup_steps * double(use.steps)) : rules.warmup_steps;
  if (over == 0 || double(use.step) >= over) return count;
  const double more = std::floor(double(use.step) * (double(count - rules.warmup_min) / over));
  return std::clamp<int64_t>(int64_t(more) + rules.warmup_min, 0, count);
}

std::string rearranged(const CaptionRules& rules, const std::string& caption, const CaptionUse& use,
                       at::Generator& generator) {
  TagParts parts = tag_parts(rules, caption);
  parts.free.resize(size_t(grown(rules, int64_t(parts.free.size()), use)));
  if (rules.shuffle)
    for (size_t i = parts.free.size(); i > 1; --i)
      std::swap(parts.free[i - 1], parts.free[size_t(random_index(generator, int64_t(i)))]);
  if (rules.tag_dropout_rate > 0)
    std::erase_if(parts.free, [&](const std::string&) { return random_unit(generator) < rules.tag_dropout_rate; });
  Tags all = std::move(parts.fixed);
  all.insert(all.end(), parts.free.begin(), parts.free.end());
  all.insert(all.end(), parts.fixed_after.begin(), parts.fixed_after.end());
  return fmt::format("{}", fmt::join(all, ", "));
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

void check(const CaptionRules& rules) {
  const auto needs = [](bool holds, const char* rule) {
    require(holds, ErrorKind::invalid_request, "captions: {}", rule);
  };
  for (const double share : {rules.dropout_rate, rules.tag_dropout_rate})
    needs(share >= 0 && share <= 1, "caption_dropout_rate and caption_tag_dropout_rate must lie in 0..1");
  needs(rules.dropout_every_n_epochs >= 0 && rules.keep_tokens >= 0 && rules.warmup_steps >= 0 && rules.warmup_min >= 0,
        "caption_dropout_every_n_epochs, keep_tokens, token_warmup_step and token_warmup_min must not be negative");
  needs(!rules.separator.empty(), "caption_separator must not be empty");
}

std::string used_caption(const CaptionRules& rules, const std::vector<std::string>& lines, const CaptionUse& use,
                         at::Generator& generator) {
  const bool is_dropped_epoch = rules.dropout_every_n_epochs > 0 && use.epoch % rules.dropout_every_n_epochs == 0;
  const bool is_dropped = rules.dropout_rate > 0 && random_unit(generator) < rules.dropout_rate;
  if (is_dropped || is_dropped_epoch) return "";
  // Parity: sd-scripts puts prefix and suffix around all lines before it takes one, so that most lines lose one of
  // them.
  std::string caption = rules.wildcards && lines.size() > 1 ? one_of(lines, generator) : lines.front();
  if (!rules.prefix.empty()) caption = rules.prefix + " " + caption;
  if (!rules.suffix.empty()) caption += " " + rules.suffix;
  if (rules.wildcards) caption = with_choices_made(caption, generator);
  if (rules.shuffle || rules.warmup_steps > 0 || rules.tag_dropout_rate > 0)
    caption = rearranged(rules, caption, use, generator);
  if (!rules.secondary_separator.empty()) replace_all(caption, rules.secondary_separator, rules.separator);
  return caption;
}

std::string measured_caption(const CaptionRules& rules, const std::vector<std::string>& lines,
                             at::Generator& generator) {
  CaptionRules whole = rules;
  // Tags that are arranged while they are trained are written in that way here too, but all of them are kept ones.
  whole.shuffle = rules.shuffle || rules.warmup_steps > 0 || rules.tag_dropout_rate > 0;
  whole.keep_tokens = std::numeric_limits<int64_t>::max();
  whole.dropout_rate = whole.tag_dropout_rate = whole.warmup_steps = 0;
  whole.dropout_every_n_epochs = 0;
  return used_caption(whole, lines, {}, generator);
}

}  // namespace darkroom::train
