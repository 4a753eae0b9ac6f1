#include "prompt/tokenizer.h"

#include <algorithm>
#include <limits>
#include <queue>

#include "base/error.h"
#include "formats/utf8.h"
#include "prompt/unicode.h"
#include "prompt/vocabulary.h"

namespace darkroom::prompt {
namespace {

std::uint64_t pair_key(int left, int right) {
  return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
}

/// Length of the contraction at the front of `text` ('s 't 'm 'd 're 've 'll), 0 if there is none.
size_t contraction_length(std::u32string_view text) {
  for (const std::u32string_view ending : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"}) {
    if (text.starts_with(ending)) return ending.size();
  }
  return 0;
}

bool is_sign(char32_t c) {
  return !is_blank(c) && !is_letter(c) && !is_number(c);
}

/// Length of the word at the front of `text`, which does not begin with a blank.
size_t word_length(std::u32string_view text) {
  if (const size_t length = contraction_length(text)) return length;
  if (is_number(text[0])) return 1;
  const auto belongs = is_letter(text[0]) ? is_letter : is_sign;
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), belongs) - text.begin());
}

std::string joined_utf8(std::u32string_view text) {
  std::string bytes;
  for (const char32_t c : text) append_utf8(bytes, c);
  return bytes;
}

/// Byte by the code point that stands for it in the spelling of tokens.
const std::unordered_map<char32_t, char>& bytes_by_symbol() {
  static const auto bytes = [] {
    std::unordered_map<char32_t, char> made;
    for (size_t byte = 0; byte < 256; ++byte)
      made.emplace(code_points(byte_symbols()[byte])[0], static_cast<char>(byte));
    return made;
  }();
  return bytes;
}

}  // namespace

Tokenizer::Tokenizer(const Vocabulary& vocabulary) : ids_(vocabulary.ids) {
  int largest = 0;
  for (const auto& [token, id] : ids_) largest = std::max(largest, id);
  tokens_.resize(static_cast<size_t>(largest) + 1);
  for (const auto& [token, id] : ids_) tokens_[static_cast<size_t>(id)] = token;
  for (size_t byte = 0; byte < 256; ++byte) {
    byte_ids_[byte] = ids_.at(byte_symbols()[byte]);
    last_byte_ids_[byte] = ids_.at(byte_symbols()[byte] + std::string(kWordEnd));
  }
  for (const auto& [left, right] : vocabulary.merges) {
    merges_.emplace(pair_key(ids_.at(left), ids_.at(right)),
                    Merge{static_cast<int>(merges_.size()), ids_.at(left + right)});
  }
  bos_ = ids_.at(vocabulary.special.start);
  eos_ = ids_.at(vocabulary.special.end);
  pad_ = ids_.at(vocabulary.special.pad);
  special_ = {SpecialToken{folded(code_points(vocabulary.special.start)), bos_},
              SpecialToken{folded(code_points(vocabulary.special.end)), eos_}};
}

Tokenizer Tokenizer::from_texts(std::string_view vocab_json, std::string_view merges_txt) {
  return Tokenizer(parse_vocabulary(vocab_json, merges_txt));
}

Tokenizer Tokenizer::from_folder(const std::filesystem::path& folder) {
  return Tokenizer(read_vocabulary(folder));
}

const Tokenizer& Tokenizer::clip() {
  static const Tokenizer tokenizer(clip_vocabulary());
  return tokenizer;
}

const Tokenizer& Tokenizer::open_clip() {
  static const Tokenizer tokenizer = [] {
    Tokenizer made = clip();
    made.pad_ = 0;
    return made;
  }();
  return tokenizer;
}

std::optional<int> Tokenizer::token_id(std::string_view spelling) const {
  const auto found = ids_.find(std::string(spelling));
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<int> Tokenizer::encode(std::string_view text) const {
  const std::u32string normal = folded(code_points(text));
  const std::u32string_view all = normal;
  std::vector<int> ids;
  size_t begin = 0;
  for (size_t at = 0; at < all.size();) {
    const auto found = std::find_if(special_.begin(), special_.end(), [&](const SpecialToken& token) {
      return !token.folded_spelling.empty() && all.substr(at).starts_with(token.folded_spelling);
    });
    if (found == special_.end()) {
      ++at;
      continue;
    }
    append_words(all.substr(begin, at - begin), ids);
    ids.push_back(found->id);
    begin = at += found->folded_spelling.size();
  }
  append_words(all.substr(begin), ids);
  return ids;
}

void Tokenizer::append_words(std::u32string_view text, std::vector<int>& ids) const {
  while (!text.empty()) {
    if (is_blank(text[0])) {
      text.remove_prefix(1);
      continue;
    }
    const size_t length = word_length(text);
    append_word(joined_utf8(text.substr(0, length)), ids);
    text.remove_prefix(length);
  }
}

const Tokenizer::Merge* Tokenizer::merge_of(int left, int right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

/// Joins the best pair, the first of equals, until no pair is known. A queue over a linked list, because rescanning the
/// word after each merge would take minutes for one word of a megabyte.
void Tokenizer::append_word(std::string_view bytes, std::vector<int>& ids) const {
  constexpr size_t kNone = std::numeric_limits<size_t>::max();
  constexpr int kJoined = -1;
  struct Symbol {
    int id;
    size_t previous, next;
  };
  struct Candidate {
    Merge merge;
    size_t position;
    int left, right;                                // still there when its turn comes?
    bool operator<(const Candidate& other) const {  // the queue's top is the largest
      return merge.rank != other.merge.rank ? merge.rank > other.merge.rank : position > other.position;
    }
  };
  std::vector<Symbol> symbols;
  symbols.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    const bool is_last = i + 1 == bytes.size();
    const auto byte = static_cast<unsigned char>(bytes[i]);
    symbols.push_back({(is_last ? last_byte_ids_ : byte_ids_)[byte], i == 0 ? kNone : i - 1, is_last ? kNone : i + 1});
  }
  std::priority_queue<Candidate> candidates;
  const auto consider = [&](size_t position) {
    if (position == kNone || symbols[position].next == kNone) return;
    const int left = symbols[position].id, right = symbols[symbols[position].next].id;
    if (const Merge* merge = merge_of(left, right)) candidates.push({*merge, position, left, right});
  };
  for (size_t i = 0; i < symbols.size(); ++i) consider(i);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    Symbol& left = symbols[best.position];
    if (left.id != best.left || left.next == kNone || symbols[left.next].id != best.right) continue;
    Symbol& right = symbols[left.next];
    left.id = best.merge.result;
    left.next = right.next;
    right.id = kJoined;
    if (left.next != kNone) symbols[left.next].previous = best.position;
    consider(best.position);
    consider(left.previous);
  }
  for (const Symbol& symbol : symbols) {
    if (symbol.id != kJoined) ids.push_back(symbol.id);
  }
}

std::string Tokenizer::decode(std::span<const int> ids) const {
  std::string bytes;
  for (const int id : ids) {
    require(id >= 0 && id < size() && !tokens_[static_cast<size_t>(id)].empty(), ErrorKind::invalid_request,
            "turn token ids into text: ids must be in the vocabulary of {} tokens, found {}", ids_.size(), id);
    if (id == bos_ || id == eos_) continue;
    std::string_view spelling = tokens_[static_cast<size_t>(id)];
    const bool ends_word = spelling.ends_with(kWordEnd);
    if (ends_word) spelling.remove_suffix(kWordEnd.size());
    for (const char32_t symbol : code_points(spelling)) {
      const auto byte = bytes_by_symbol().find(symbol);
      if (byte == bytes_by_symbol().end()) {
        append_utf8(bytes, symbol);  // a token that is no byte pair, added by hand
      } else {
        bytes.push_back(byte->second);
      }
    }
    if (ends_word) bytes.push_back(' ');
  }
  if (bytes.ends_with(' ')) bytes.pop_back();
  return formats::as_valid_utf8(bytes);
}

}  // namespace darkroom::prompt
