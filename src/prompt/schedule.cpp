#include "prompt/schedule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "formats/utf8.h"
#include "prompt/unicode.h"

namespace darkroom::prompt {
namespace {

constexpr std::string_view kSyntax = "[]():|\\";
constexpr int kMostDepth = 1000;

struct Node;
using Nodes = std::vector<Node>;

/// plain: `text`. group: children, brackets and all. scheduled: two options and the time in `text`. alternate: options.
struct Node {
  enum class Kind { plain, group, scheduled, alternate } kind = Kind::plain;
  std::string text = {};
  std::vector<Nodes> options = {};
};

struct Match {
  Node node;
  size_t end;
};

bool is_blank_byte(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t after_blanks(std::string_view text, size_t at) {
  while (at < text.size() && is_blank_byte(text[at])) ++at;
  return at;
}

size_t after_digits(std::string_view text, size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at;
}

/// The end of a number with an optional sign, point and exponent; `at` itself if there is none.
size_t after_number(std::string_view text, size_t at) {
  const size_t begin = at < text.size() && (text[at] == '+' || text[at] == '-') ? at + 1 : at;
  size_t end = after_digits(text, begin);
  const bool has_whole = end > begin;
  if (end < text.size() && text[end] == '.') {
    const size_t fraction = after_digits(text, end + 1);
    if (!has_whole && fraction == end + 1) return at;
    end = fraction;
  } else if (!has_whole) {
    return at;
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    const size_t sign = end + 1 < text.size() && (text[end + 1] == '+' || text[end + 1] == '-') ? end + 2 : end + 1;
    if (const size_t exponent = after_digits(text, sign); exponent > sign) end = exponent;
  }
  return end;
}

/// A bracket is a structure or it is not, wherever it stands: each is read once.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  /// Nothing where the text has no reading at all.
  std::optional<Nodes> parse() {
    Nodes nodes;
    size_t at = 0;
    while (at < text_.size()) {
      if (auto match = element(at, 0)) {
        nodes.push_back(std::move(match->node));
        at = match->end;
      } else if (text_[at] != '|' && text_[at] != '\\') {
        nodes.push_back({.text = std::string(1, text_[at++])});
      } else {
        return std::nullopt;
      }
    }
    return nodes;
  }

 private:
  /// Text, or brackets that are a structure.
  std::optional<Match> element(size_t at, int depth) {
    if (at >= text_.size()) return std::nullopt;
    if (text_[at] == '(' || text_[at] == '[') return bracket(at, depth);
    const size_t end = plain_end(at);
    if (end == at) return std::nullopt;
    return Match{{.text = std::string(text_.substr(at, end - at))}, end};
  }

  size_t plain_end(size_t at) const {
    while (at < text_.size()) {
      if (text_[at] == '\\') {
        if (at + 1 >= text_.size() || text_[at + 1] == '\n') break;  // Python's dot is no line's end
        at += 2;
      } else if (kSyntax.find(text_[at]) != std::string_view::npos) {
        break;
      } else {
        ++at;
      }
    }
    return at;
  }

  /// As many elements as there are; moves `at` behind them.
  Nodes inside(size_t& at, int depth) {
    Nodes nodes;
    while (auto match = element(at, depth)) {
      nodes.push_back(std::move(match->node));
      at = match->end;
    }
    return nodes;
  }

  std::optional<Match> bracket(size_t at, int depth) {
    require(depth < kMostDepth, ErrorKind::invalid_request,
            "read the prompt: brackets must not be nested more than {} deep", kMostDepth);
    if (failed_.contains(at)) return std::nullopt;
    auto match = text_[at] == '(' ? round(at, depth + 1) : square(at, depth + 1);
    if (!match) failed_.emplace(at, true);
    return match;
  }

  bool is_at(size_t at, char c) const { return at < text_.size() && text_[at] == c; }

  std::optional<Match> round(size_t begin, int depth) {
    size_t at = begin + 1;
    Node node{.kind = Node::Kind::group, .options = {{{.text = "("}}}};
    Nodes& parts = node.options[0];
    for (Node& one : inside(at, depth)) parts.push_back(std::move(one));
    if (is_at(at, ':')) {
      parts.push_back({.text = ":"});
      for (Node& one : inside(++at, depth)) parts.push_back(std::move(one));
    }
    if (!is_at(at, ')')) return std::nullopt;
    parts.push_back({.text = ")"});
    return Match{std::move(node), at + 1};
  }

  std::optional<Match> square(size_t begin, int depth) {
    size_t at = begin + 1;
    Nodes first = inside(at, depth);
    if (is_at(at, ']')) {
      Node node{.kind = Node::Kind::group, .options = {{{.text = "["}}}};
      for (Node& one : first) node.options[0].push_back(std::move(one));
      node.options[0].push_back({.text = "]"});
      return Match{std::move(node), at + 1};
    }
    if (is_at(at, '|')) return alternate(std::move(first), at, depth);
    if (!is_at(at, ':')) return std::nullopt;
    if (auto match = timed({}, first, at + 1)) return match;
    size_t second_at = at + 1;
    const Nodes second = inside(second_at, depth);
    return is_at(second_at, ':') ? timed(first, second, second_at + 1) : std::nullopt;
  }

  std::optional<Match> alternate(Nodes first, size_t at, int depth) {
    Node node{.kind = Node::Kind::alternate, .options = {std::move(first)}};
    while (is_at(at, '|')) node.options.push_back(inside(++at, depth));
    return is_at(at, ']') ? std::optional(Match{std::move(node), at + 1}) : std::nullopt;
  }

  /// "when]" from `at` on.
  std::optional<Match> timed(const Nodes& from, const Nodes& to, size_t at) const {
    const size_t begin = after_blanks(text_, at), end = after_number(text_, begin), close = after_blanks(text_, end);
    if (end == begin || !is_at(close, ']')) return std::nullopt;
    return Match{
        {.kind = Node::Kind::scheduled, .text = std::string(text_.substr(begin, end - begin)), .options = {from, to}},
        close + 1};
  }

  std::string_view text_;
  std::unordered_map<size_t, bool> failed_;
};

/// Times in calls, and what the text says at each.
class Timeline {
 public:
  explicit Timeline(const ScheduleOptions& options) : options_(options) {
    const bool second_pass = options.hires_calls && !options.old_rule;
    calls_ = second_pass ? *options.hires_calls : options.calls;
    share_offset_ = second_pass ? 1 : 0;
    count_offset_ = second_pass ? options.calls : 0;
  }

  int calls() const { return calls_; }

  void collect(const Nodes& nodes, std::set<int>& times) const {
    for (const Node& node : nodes) {
      for (const Nodes& option : node.options) collect(option, times);
      if (node.kind == Node::Kind::scheduled && call_of(node.text) >= 1) times.insert(call_of(node.text));
      if (node.kind == Node::Kind::alternate)
        for (int call = 1; call <= calls_; ++call) times.insert(call);
    }
  }

  void say(const Nodes& nodes, int call, std::string& out) const {
    for (const Node& node : nodes) {
      switch (node.kind) {
        case Node::Kind::plain:
          out += node.text;
          break;
        case Node::Kind::group:
          say(node.options[0], call, out);
          break;
        case Node::Kind::scheduled:
          say(node.options[call <= call_of(node.text) ? 0 : 1], call, out);
          break;
        case Node::Kind::alternate:
          say(node.options[size_t(call - 1) % node.options.size()], call, out);
          break;
      }
    }
  }

 private:
  int call_of(const std::string& when) const {
    double value = 0;
    const char* begin = when.data() + (when[0] == '+' ? 1 : 0);
    if (std::from_chars(begin, when.data() + when.size(), value).ec == std::errc::result_out_of_range)
      value = when.find("e-") == std::string::npos && when.find("E-") == std::string::npos ? 1e300 : 0;
    const bool is_share = options_.old_rule ? value < 1 : when.find('.') != std::string::npos;
    const double call = is_share ? (value - share_offset_) * calls_ : value - count_offset_;
    return int(std::clamp(call, -1e6, double(calls_)));
  }

  ScheduleOptions options_;
  int calls_;
  double share_offset_, count_offset_;
};

}  // namespace

std::vector<ScheduledText> parse_schedule(std::string_view text, const ScheduleOptions& options) {
  const Timeline timeline(options);
  const auto nodes = Parser(text).parse();
  if (!nodes) return {{timeline.calls(), std::string(text)}};
  std::set<int> times = {timeline.calls()};
  timeline.collect(*nodes, times);
  std::vector<ScheduledText> found;
  for (const int call : times) {
    found.push_back({call, ""});
    timeline.say(*nodes, call, found.back().text);
  }
  return found;
}

namespace {

bool is_word_before(std::string_view text) {
  for (size_t bytes = 1; bytes <= std::min<size_t>(4, text.size()); ++bytes) {
    const auto c = formats::first_code_point(text.substr(text.size() - bytes));
    if (c && c->bytes == bytes) return is_letter(c->value) || is_number(c->value) || c->value == '_';
  }
  return false;
}

bool is_word_after(std::string_view text) {
  const auto c = formats::first_code_point(text);
  return c && (is_letter(c->value) || is_number(c->value) || c->value == '_');
}

/// The text before ":weight" at the end, and the weight; blanks at the end do not count.
WeightedPart weighted_part(std::string_view text) {
  size_t end = text.size();
  while (end > 0 && is_blank_byte(text[end - 1])) --end;
  const std::string_view trimmed = text.substr(0, end);
  const size_t colon = trimmed.rfind(':');
  if (colon != std::string_view::npos) {
    const size_t begin = after_blanks(trimmed, colon + 1);
    const std::string_view number = trimmed.substr(begin);
    double weight = 0;
    const bool has_exponent = number.find_first_of("eE") != std::string_view::npos;
    if (!number.empty() && !has_exponent && after_number(number, 0) == number.size()) {
      const std::string_view digits = number.substr(number[0] == '+' ? 1 : 0);
      std::from_chars(digits.data(), digits.data() + digits.size(), weight);
      size_t before = colon;
      while (before > 0 && is_blank_byte(text[before - 1])) --before;
      return {std::string(text.substr(0, before)), weight};
    }
  }
  return {std::string(trimmed), 1};
}

}  // namespace

std::vector<WeightedPart> split_and(std::string_view text) {
  constexpr std::string_view kAnd = "AND";
  std::vector<WeightedPart> parts;
  size_t begin = 0;
  for (size_t at = text.find(kAnd); at != std::string_view::npos; at = text.find(kAnd, at + 1)) {
    if (is_word_before(text.substr(0, at)) || is_word_after(text.substr(at + kAnd.size()))) continue;
    parts.push_back(weighted_part(text.substr(begin, at - begin)));
    begin = at + kAnd.size();
  }
  parts.push_back(weighted_part(text.substr(begin)));
  return parts;
}

}  // namespace darkroom::prompt
