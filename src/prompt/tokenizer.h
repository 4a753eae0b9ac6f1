// CLIP's tokenizer: text -> ids of byte pairs.
// Source of truth: openai/CLIP clip/simple_tokenizer.py, and transformers' CLIPTokenizerFast, whose ids this gives.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace darkroom::prompt {

struct Vocabulary;

/// Immutable, so threads may share one.
class Tokenizer {
 public:
  /// From the contents of vocab.json and merges.txt; pads with the end token. Throws corrupt_file.
  static Tokenizer from_texts(std::string_view vocab_json, std::string_view merges_txt);
  /// From a model's tokenizer folder; see read_vocabulary. Throws not_found, io, corrupt_file.
  static Tokenizer from_folder(const std::filesystem::path& folder);
  /// CLIP's own, of SD 1.x and the first encoder of SDXL; pads with the end token.
  static const Tokenizer& clip();
  /// The same ids, padded with "!" (0): open_clip's, of SD 2.x and the second encoder of SDXL.
  static const Tokenizer& open_clip();

  /// The ids of `text`, without start and end, any length. Text is brought to normalization form C and lower case and
  /// split into contractions, runs of letters, single digits and runs of other signs; blanks only separate. Bytes that
  /// are not UTF-8 count as U+FFFD. "<|startoftext|>" and "<|endoftext|>" written in the text are those tokens.
  /// Parity: does not repair text as the ftfy package does, where that is installed: curly quotes, ligatures,
  /// full-width letters, HTML entities and control characters stay as they are. A pad token such as "!" in the text is
  /// a sign like others (so in open_clip; transformers would make it the pad token).
  std::vector<int> encode(std::string_view text) const;

  /// Text of `ids`, words separated by blanks, start and end left out. Throws invalid_request for an unknown id.
  std::string decode(std::span<const int> ids) const;

  int bos() const { return bos_; }
  int eos() const { return eos_; }
  int pad() const { return pad_; }
  /// The largest id + 1: how many rows an embedding needs.
  int size() const { return static_cast<int>(tokens_.size()); }
  /// The id of a token by its spelling in vocab.json, such as ",</w>".
  std::optional<int> token_id(std::string_view spelling) const;

 private:
  explicit Tokenizer(const Vocabulary& vocabulary);
  void append_words(std::u32string_view text, std::vector<int>& ids) const;
  void append_word(std::string_view bytes, std::vector<int>& ids) const;

  struct Merge {
    int rank;
    int result;
  };
  struct SpecialToken {
    std::u32string folded_spelling;
    int id;
  };
  const Merge* merge_of(int left, int right) const;

  std::unordered_map<std::string, int> ids_;
  std::vector<std::string> tokens_;  // spelling by id; empty where an id is not used
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::array<int, 256> byte_ids_{}, last_byte_ids_{};
  std::array<SpecialToken, 2> special_;
  int bos_ = 0, eos_ = 0, pad_ = 0;
};

}  // namespace darkroom::prompt
