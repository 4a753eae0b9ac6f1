// What becomes of captions. The example is the first trained picture's.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "prompt/blanks.h"
#include "train/effects/rows.h"

namespace darkroom::train::effects {
namespace {

constexpr const char* kInOrder = "tags stay in order: none are shuffled, left out or added over time";
constexpr int64_t kMostOrders = 12;  ///< 12! has nine digits, and more says no more

/// The first caption that is not empty; "" where there is none.
std::string example(const Seen& run) {
  for (const auto& lines : run.facts.captions)
    if (!lines.front().empty()) return lines.front();
  return "";
}

std::string with_ends(const CaptionRules& rules, std::string caption) {
  if (!rules.prefix.empty()) caption = rules.prefix + " " + caption;
  if (!rules.suffix.empty()) caption += " " + rules.suffix;
  return caption;
}

/// Tags of a caption that may move.
int64_t free_tags(const CaptionRules& rules, std::string_view caption) {
  size_t kept_marks = 0;
  if (!rules.keep_tokens_separator.empty())
    if (const size_t mark = caption.find(rules.keep_tokens_separator); mark != caption.npos) {
      caption.remove_prefix(mark + rules.keep_tokens_separator.size());
      caption = caption.substr(0, caption.find(rules.keep_tokens_separator));
      kept_marks = 1;
    }
  int64_t tags = 1;
  for (size_t at = caption.find(rules.separator); at != caption.npos;
       at = caption.find(rules.separator, at + rules.separator.size()))
    ++tags;
  if (prompt::without_blanks_around(caption).empty()) return 0;
  return kept_marks > 0 ? tags : std::max<int64_t>(0, tags - rules.keep_tokens);
}

int64_t example_tags(const Seen& run) {
  return free_tags(run.options.captions, with_ends(run.options.captions, example(run)));
}

std::string caption_extension(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.in_json.empty()) return no_effect("captions stand in in_json");
  if (!run.plan()) return fmt::format("a{} beside a picture is its caption", o.caption_extension);
  int64_t with = 0, all = 0, example_folder = -1;
  for (size_t i = 0; i < run.plan()->folders.size(); ++i) {
    const LoraPlan::Folder& folder = run.plan()->folders[i];
    with += folder.with_caption_file, all += folder.pictures;
    if (example_folder < 0 && folder.with_caption_file < folder.pictures) example_folder = int64_t(i);
  }
  if (example_folder < 0) return fmt::format("all {} have a {} file", count(all, "picture"), o.caption_extension);
  const std::string& folder = run.plan()->folders[size_t(example_folder)].name;
  const size_t behind = folder.find('_');
  return fmt::format("{} of {} have a {} file; the others are trained as their folder's name says, {}", count(with),
                     count(all, "picture"), o.caption_extension,
                     quoted(behind == folder.npos ? "" : folder.substr(behind + 1)));
}

std::string end_of(const Seen& run, const std::string& end, const char* place) {
  if (end.empty()) return fmt::format("nothing is put {}", place);
  const std::string caption = example(run);
  if (caption.empty()) return fmt::format("each caption has {} {}", quoted(end), place);
  return fmt::format("{} is read as {}", quoted(caption), quoted(with_ends(run.options.captions, caption), 100));
}
std::string prefix(const Seen& run) {
  return end_of(run, run.options.captions.prefix, "before it");
}
std::string suffix(const Seen& run) {
  return end_of(run, run.options.captions.suffix, "after it");
}

std::string dropout_rate(const Seen& run) {
  const double rate = run.options.captions.dropout_rate;
  if (rate == 0) return "off: every use has its caption, and what no words mean stays the model's";
  if (!run.steps()) return fmt::format("{} of the uses learn what no words mean", percent(rate));
  const int64_t uses = *run.steps() * run.pictures_per_step();
  return fmt::format("about {} of the run's {} learn what no words mean",
                     count(int64_t(std::lround(rate * double(uses)))), count(uses, "use"));
}

std::string dropout_every(const Seen& run) {
  const int64_t every = run.options.captions.dropout_every_n_epochs;
  if (every == 0) return "off: no epoch goes without captions";
  if (!run.epochs()) return fmt::format("epochs {}, {}, ... have no captions", every, 2 * every);
  const int64_t epochs = *run.epochs() / every;
  if (epochs == 0) return no_effect(fmt::format("the run has {}", count(*run.epochs(), "epoch")));
  return fmt::format("{} of {} have no captions, epoch {} first", count(epochs), count(*run.epochs(), "epoch"), every);
}

std::string wildcards(const Seen& run) {
  if (!run.options.captions.wildcards) return "off: of a caption file the first line is read, and brackets are words";
  int64_t choosing = 0;
  for (const auto& lines : run.facts.captions)
    choosing += lines.size() > 1 || lines.front().find('{') != std::string::npos;
  if (!run.plan()) return "one line and one of {a|b} are drawn at each use";
  return fmt::format("{} of {} leave something to draw", count(choosing),
                     count(int64_t(run.facts.captions.size()), "caption"));
}

std::string separator(const Seen& run) {
  const CaptionRules& rules = run.options.captions;
  if (!run.orders_tags() && rules.secondary_separator.empty()) return no_effect(kInOrder);
  const std::string caption = example(run);
  if (caption.empty()) return fmt::format("captions are taken apart at each {}", quoted(rules.separator));
  CaptionRules plain{.separator = rules.separator, .keep_tokens_separator = {}, .secondary_separator = {}};
  return fmt::format("{} is {}", quoted(caption), count(free_tags(plain, caption), "tag"));
}

std::string shuffle(const Seen& run) {
  if (!run.options.captions.shuffle) return "off: tags are read in the order they stand in, the first counting most";
  const std::string caption = example(run);
  const int64_t tags = example_tags(run);
  if (caption.empty()) return "each use reads another order";
  if (tags < 2) return fmt::format("{} has {} that may move: nothing to shuffle", quoted(caption), count(tags, "tag"));
  if (tags > kMostOrders) return fmt::format("{} tags of {} may stand in any order", tags, quoted(caption));
  return fmt::format("{} tags of {} may stand in {} orders", tags, quoted(caption),
                     count(int64_t(std::llround(std::tgamma(double(tags) + 1)))));
}

std::string keep_tokens(const Seen& run) {
  const CaptionRules& rules = run.options.captions;
  if (!run.orders_tags()) return no_effect(kInOrder);
  const std::string caption = example(run);
  if (caption.empty()) return fmt::format("the first {} stay in their place", count(rules.keep_tokens, "tag"));
  const bool has_mark =
      !rules.keep_tokens_separator.empty() && caption.find(rules.keep_tokens_separator) != caption.npos;
  if (has_mark)
    return fmt::format("no effect on {}: what stands before {} stays", quoted(caption),
                       quoted(rules.keep_tokens_separator));
  const int64_t free = example_tags(run);
  CaptionRules all = rules;
  all.keep_tokens = 0;
  const int64_t tags = free_tags(all, with_ends(rules, caption));
  return fmt::format("of {}'s {} the first {} stay, {} may move or be left out", quoted(caption), count(tags, "tag"),
                     count(tags - free), count(free));
}

std::string keep_separator(const Seen& run) {
  const std::string& mark = run.options.captions.keep_tokens_separator;
  if (!run.orders_tags()) return no_effect(kInOrder);
  if (mark.empty()) return "none: keep_tokens counts the tags that stay";
  int64_t marked = 0;
  for (const auto& lines : run.facts.captions) marked += lines.front().find(mark) != std::string::npos;
  if (!run.plan()) return fmt::format("what stands before {} stays in its place", quoted(mark));
  return fmt::format("{} of {} contain {}; in the others keep_tokens counts", count(marked),
                     count(int64_t(run.facts.captions.size()), "caption"), quoted(mark));
}

std::string tag_dropout(const Seen& run) {
  const double rate = run.options.captions.tag_dropout_rate;
  if (rate == 0) return "off: a caption keeps all its tags";
  const std::string caption = example(run);
  if (caption.empty()) return fmt::format("of ten tags {:.3g} are left out on average", 10 * rate);
  const auto tags = double(example_tags(run));
  return fmt::format("of {:g} tags in {} {:.3g} are left out on average, none in {} of its uses", tags, quoted(caption),
                     rate * tags, percent(std::pow(1 - rate, tags)));
}

/// Step until which tags become more.
std::optional<int64_t> warm(const Seen& run) {
  const double told = run.options.captions.warmup_steps;
  if (told >= 1) return int64_t(told);
  return run.steps() ? std::optional(int64_t(told * double(*run.steps()))) : std::nullopt;
}

std::string warmup_step(const Seen& run) {
  const CaptionRules& rules = run.options.captions;
  if (rules.warmup_steps == 0) return "off: all tags are read from the first step on";
  if (!warm(run)) return fmt::format("all tags are read after {} of the run", percent(rules.warmup_steps));
  if (example(run).empty()) return fmt::format("all tags are read from step {} on", count(*warm(run)));
  const int64_t tags = example_tags(run), first = std::min(rules.warmup_min, tags);
  return fmt::format("{} of {} tags at the first step, all from step {} on", first, tags, count(*warm(run)));
}

std::string warmup_min(const Seen& run) {
  const CaptionRules& rules = run.options.captions;
  if (rules.warmup_steps == 0) return no_effect("there is no token_warmup_step");
  if (example(run).empty() || !warm(run)) return fmt::format("the first step reads {}", count(rules.warmup_min, "tag"));
  const int64_t tags = example_tags(run);
  if (rules.warmup_min >= tags)
    return fmt::format("{} has only {}: all are read from the first step on", quoted(example(run)), count(tags, "tag"));
  return fmt::format("from {} to {} tags, one more each {:.3g} steps", rules.warmup_min, tags,
                     double(*warm(run)) / double(tags - rules.warmup_min));
}

std::string secondary(const Seen& run) {
  const CaptionRules& rules = run.options.captions;
  if (rules.secondary_separator.empty()) return "none: every tag moves on its own";
  int64_t tied = 0;
  for (const auto& lines : run.facts.captions)
    tied += lines.front().find(rules.secondary_separator) != std::string::npos;
  if (!run.plan())
    return fmt::format("{} in a caption becomes {} when all is in order", quoted(rules.secondary_separator),
                       quoted(rules.separator));
  return fmt::format("{} of {} tie tags with {}, which becomes {} in the end", count(tied),
                     count(int64_t(run.facts.captions.size()), "caption"), quoted(rules.secondary_separator),
                     quoted(rules.separator));
}

std::string max_token_length(const Seen& run) {
  const int64_t tokens = run.options.max_token_length, windows = tokens / 75;
  return fmt::format("{} of 75 tokens; with their ends the UNet reads {} positions, and a longer caption is cut",
                     count(windows, "window"), windows == 1 ? 77 : 2 + tokens);
}

std::string weighted_captions(const Seen& run) {
  const bool is_on = run.options.weighted_captions;
  const auto has_bracket = [](const std::string& line) { return line.find_first_of("([") != line.npos; };
  int64_t marked = 0;
  for (const auto& lines : run.facts.captions) marked += std::any_of(lines.begin(), lines.end(), has_bracket);
  const std::string of_all =
      run.plan() ? fmt::format("{} of {}", count(marked), count(int64_t(run.facts.captions.size()), "caption")) : "";
  if (is_on && run.plan() && marked == 0) return no_effect("no caption has brackets");
  if (is_on)
    return fmt::format(
        "what is said of the words in brackets is multiplied{}; write \\( and \\) for brackets that are text",
        of_all.empty() ? "" : ", in " + of_all);
  return of_all.empty() || marked == 0 ? "off: brackets in captions are read as they are"
                                       : fmt::format("off: brackets are read as they are, in {}", of_all);
}

constexpr Row kRows[] = {{"caption_extension", caption_extension},
                         {"caption_prefix", prefix},
                         {"caption_suffix", suffix},
                         {"caption_dropout_rate", dropout_rate},
                         {"caption_dropout_every_n_epochs", dropout_every},
                         {"enable_wildcard", wildcards},
                         {"caption_separator", separator},
                         {"shuffle_caption", shuffle},
                         {"keep_tokens", keep_tokens},
                         {"keep_tokens_separator", keep_separator},
                         {"caption_tag_dropout_rate", tag_dropout},
                         {"token_warmup_step", warmup_step},
                         {"token_warmup_min", warmup_min},
                         {"secondary_separator", secondary},
                         {"max_token_length", max_token_length},
                         {"weighted_captions", weighted_captions}};

}  // namespace

std::span<const Row> caption_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
