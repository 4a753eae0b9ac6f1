// A byte-pair vocabulary in CLIP's format, as read from files: vocab.json and merges.txt.
// Source of truth: openai/CLIP clip/simple_tokenizer.py; transformers, CLIPTokenizer.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace darkroom::prompt {

/// What ends a word in the spelling of tokens.
inline constexpr std::string_view kWordEnd = "</w>";

struct SpecialTokens {
  std::string start = "<|startoftext|>";
  std::string end = "<|endoftext|>";
  std::string pad = "<|endoftext|>";
};

struct Vocabulary {
  std::unordered_map<std::string, int> ids;                 // by spelling
  std::vector<std::pair<std::string, std::string>> merges;  // best first
  SpecialTokens special;
};

/// The character that stands for each byte in the spelling of tokens (UTF-8), by byte.
const std::array<std::string, 256>& byte_symbols();

/// Throws corrupt_file if one of the texts is not in the format.
Vocabulary parse_vocabulary(std::string_view vocab_json, std::string_view merges_txt, SpecialTokens special = {});

/// Reads vocab.json and merges.txt of a model's tokenizer folder, and the names of the special tokens from
/// special_tokens_map.json or else tokenizer_config.json if they are there. Throws not_found, io, corrupt_file.
Vocabulary read_vocabulary(const std::filesystem::path& folder);

/// The vocabulary of CLIP itself (49408 tokens), built into the program.
Vocabulary clip_vocabulary();

/// The files parse_vocabulary() reads.
std::string vocab_json(const Vocabulary& vocabulary);
std::string merges_txt(const Vocabulary& vocabulary);

}  // namespace darkroom::prompt
