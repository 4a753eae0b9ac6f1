#include "prompt/syntax.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/error.h"
#include "formats/utf8.h"
#include "prompt/blanks.h"
#include "prompt/unicode.h"

namespace darkroom::prompt {
namespace {

constexpr double kRound = 1.1;
constexpr double kSquare = 1 / 1.1;
constexpr std::string_view kBreak = "BREAK";
constexpr double kBreakWeight = -1;

/// Texts with weights that later brackets multiply. Neighbours of equal weight share a run, so that the depth of
/// nesting times the number of texts is not the time it takes; each weight is still the product in the order of the
/// brackets, which decides its last digit.
class Pieces {
 public:
  size_t size() const { return texts_.size(); }

  void add(std::string_view text, double weight = 1) {
    if (runs_.empty() || runs_.back().weight != weight) runs_.push_back({size(), weight});
    texts_.emplace_back(text);
  }

  void multiply_from(size_t first, double factor) {
    if (first >= size()) return;
    auto run = std::upper_bound(runs_.begin(), runs_.end(), first,
                                [](size_t position, const Run& later) { return position < later.first; });
    if (const Run before = run[-1]; before.first < first) {
      run = runs_.insert(run, {first, before.weight});
    } else {
      --run;
    }
    std::for_each(run, runs_.end(), [&](Run& changed) { changed.weight *= factor; });
    if (run != runs_.begin()) --run;
    const auto equal = [](const Run& a, const Run& b) { return a.weight == b.weight; };
    runs_.erase(std::unique(run, runs_.end(), equal), runs_.end());
  }

  std::vector<WeightedText> merged() const {
    std::vector<WeightedText> out;
    for (size_t i = 0; i < runs_.size(); ++i) {
      const size_t end = i + 1 < runs_.size() ? runs_[i + 1].first : size();
      auto& piece = out.emplace_back(WeightedText{"", runs_[i].weight});
      for (size_t text = runs_[i].first; text < end; ++text) piece.text += texts_[text];
    }
    return out;
  }

 private:
  struct Run {
    size_t first;
    double weight;
  };
  std::vector<std::string> texts_;
  std::vector<Run> runs_;
};

// Word characters are Python's: marks are not part of words.
bool is_word(char32_t c) {
  return is_letter(c) || is_number(c) || c == '_';
}

struct WeightMark {
  std::string number;  // digits of any script written as ASCII
  size_t length = 0;   // from the colon to the closing bracket, in bytes
};

/// ":1.3)" at the front of `text`, blanks around the number allowed.
std::optional<WeightMark> weight_mark(std::string_view text) {
  WeightMark mark;
  auto rest = without_blanks_in_front(text.substr(1));
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
    if (rest[0] == '-') mark.number.push_back('-');
    rest.remove_prefix(1);
  }
  const size_t sign = mark.number.size();
  for (auto c = formats::first_code_point(rest); c; c = formats::first_code_point(rest)) {
    const int digit = digit_value(c->value);
    if (digit < 0 && c->value != '.') break;
    mark.number.push_back(digit < 0 ? '.' : static_cast<char>('0' + digit));
    rest.remove_prefix(c->bytes);
  }
  if (mark.number.size() == sign) return std::nullopt;
  rest = without_blanks_in_front(rest);
  if (rest.empty() || rest[0] != ')') return std::nullopt;
  mark.length = text.size() - rest.size() + 1;
  return mark;
}

double weight_value(const std::string& number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc::result_out_of_range) {
    const bool is_large = number.find_first_of("123456789") < number.find('.');
    return (number[0] == '-' ? -1 : 1) * (is_large ? std::numeric_limits<double>::infinity() : 0.0);
  }
  require(error == std::errc() && end == number.data() + number.size(), ErrorKind::invalid_request,
          "read the prompt's weights: after a colon in round brackets must stand one number such as 1.2, found {}; "
          "write \\( \\) for brackets that are text",
          formats::in_quotes(number));
  return value;
}

/// `text` without brackets, the word BREAK taken out of it. Blanks around it belong to it.
void add_text(Pieces& pieces, std::string_view text) {
  size_t begin = 0;
  for (size_t at = text.find(kBreak); at != std::string_view::npos; at = text.find(kBreak, at + 1)) {
    const auto before = last_code_point(text.substr(0, at));
    const auto after = formats::first_code_point(text.substr(at + kBreak.size()));
    if ((before && is_word(before->value)) || (after && is_word(after->value))) continue;
    pieces.add(without_blanks_behind(text.substr(begin, at - begin)));
    pieces.add(kBreak, kBreakWeight);
    begin = text.size() - without_blanks_in_front(text.substr(at + kBreak.size())).size();
  }
  pieces.add(text.substr(begin));
}

/// One pass over the text. The two kinds of brackets do not see each other: "(a [b) c]" is allowed.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<WeightedText> parse() {
    while (at_ < text_.size()) parse_next();
    for (const size_t first : round_) pieces_.multiply_from(first, kRound);
    for (const size_t first : square_) pieces_.multiply_from(first, kSquare);
    if (pieces_.size() == 0) pieces_.add("");
    return pieces_.merged();
  }

 private:
  void parse_next() {
    switch (text_[at_]) {
      case '\\':
        return parse_escape();
      case '(':
        return open(round_);
      case '[':
        return open(square_);
      case ')':
        return close(round_, kRound, 1);
      case ']':
        return close(square_, kSquare, 1);
      case ':':
        return parse_colon();
      default:
        return parse_plain();
    }
  }

  void parse_escape() {
    const bool is_escape = at_ + 1 < text_.size() && kEscapable.find(text_[at_ + 1]) != std::string_view::npos;
    pieces_.add(text_.substr(at_ + 1, is_escape ? 1 : 0));
    at_ += is_escape ? 2 : 1;
  }

  void open(std::vector<size_t>& brackets) {
    brackets.push_back(pieces_.size());
    ++at_;
  }

  void close(std::vector<size_t>& brackets, double factor, size_t length) {
    if (brackets.empty()) {
      pieces_.add(text_.substr(at_, length));
    } else {
      pieces_.multiply_from(brackets.back(), factor);
      brackets.pop_back();
    }
    at_ += length;
  }

  void parse_colon() {
    const auto mark = weight_mark(text_.substr(at_));
    if (mark) return close(round_, round_.empty() ? 1 : weight_value(mark->number), mark->length);
    pieces_.add(":");
    ++at_;
  }

  void parse_plain() {
    const size_t end = std::min(text_.find_first_of(kSyntax, at_), text_.size());
    add_text(pieces_, text_.substr(at_, end - at_));
    at_ = end;
  }

  static constexpr std::string_view kEscapable = "()[]\\";
  static constexpr std::string_view kSyntax = "()[]\\:";

  std::string_view text_;
  size_t at_ = 0;
  Pieces pieces_;
  std::vector<size_t> round_, square_;  // the pieces where open brackets begin
};

}  // namespace

std::vector<WeightedText> parse_attention(std::string_view text) {
  return Parser(text).parse();
}

bool is_break(const WeightedText& piece) {
  return piece.text == kBreak && piece.weight == kBreakWeight;
}

}  // namespace darkroom::prompt
