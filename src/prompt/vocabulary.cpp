#include "prompt/vocabulary.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "formats/utf8.h"
#include "prompt/unicode.h"

extern "C" const char darkroom_clip_merges[], darkroom_clip_merges_end[];

namespace darkroom::prompt {
namespace {

using nlohmann::json;

constexpr std::uintmax_t kLargestFile = 64u << 20;  // bytes; CLIP's vocab.json has one million
constexpr int kLargestId = 10'000'000;

bool has_own_symbol(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

/// CLIP numbers bytes that are printable characters of Latin-1 first.
std::vector<std::string> byte_symbols_by_id() {
  std::vector<std::string> symbols;
  for (const bool own : {true, false}) {
    for (int byte = 0; byte < 256; ++byte) {
      if (has_own_symbol(byte) == own) symbols.push_back(byte_symbols()[byte]);
    }
  }
  return symbols;
}

json parsed_object(std::string_view text, std::string_view name) {
  json value = json::parse(text, nullptr, false);
  require(value.is_object(), ErrorKind::corrupt_file, "read {}: it must hold one JSON object, found {}", name,
          value.is_discarded() ? "no JSON" : value.type_name());
  return value;
}

std::unordered_map<std::string, int> parsed_ids(std::string_view vocab_json) {
  std::unordered_map<std::string, int> ids;
  std::unordered_map<int, std::string> owners;
  const json vocabulary = parsed_object(vocab_json, "vocab.json");
  for (const auto& [token, id] : vocabulary.items()) {
    require(id.is_number_integer() && id >= 0 && id <= kLargestId, ErrorKind::corrupt_file,
            "read vocab.json: the id of token {} must be a whole number from 0 to {}, found {}",
            formats::in_quotes(token), kLargestId, formats::in_quotes(id.dump(-1, ' ', true)));
    const auto [owner, is_new] = owners.emplace(id.get<int>(), token);
    require(is_new, ErrorKind::corrupt_file, "read vocab.json: ids must differ, found {} for {} and {}", id.get<int>(),
            formats::in_quotes(owner->second), formats::in_quotes(token));
    ids.emplace(token, id.get<int>());
  }
  return ids;
}

std::vector<std::pair<std::string, std::string>> parsed_merges(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> merges;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    const size_t blank = line.find(' ');
    require(blank != std::string_view::npos && blank > 0 && blank + 1 < line.size() &&
                line.find(' ', blank + 1) == std::string_view::npos,
            ErrorKind::corrupt_file, "read merges.txt: line {} must be two symbols with one blank between, found {}",
            number, formats::in_quotes(line));
    merges.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  return merges;
}

void require_token(const Vocabulary& vocabulary, const std::string& token, std::string_view what) {
  require(vocabulary.ids.contains(token), ErrorKind::corrupt_file,
          "read vocab.json: it must hold {}, {} is missing; are vocab.json and merges.txt of one model?", what,
          formats::in_quotes(token));
}

void require_complete(const Vocabulary& vocabulary) {
  for (const auto& symbol : byte_symbols()) {
    require_token(vocabulary, symbol, "all 256 byte symbols");
    require_token(vocabulary, symbol + std::string(kWordEnd), "all 256 byte symbols that end a word");
  }
  for (const auto& [left, right] : vocabulary.merges) {
    for (const auto& token : {left, right, left + right}) {
      require_token(vocabulary, token, "both sides of each merge and what they make");
    }
  }
  const auto& [start, end, pad] = vocabulary.special;
  for (const auto& token : {start, end, pad}) require_token(vocabulary, token, "the special tokens");
}

std::optional<std::string> file_text(const std::filesystem::path& path) {
  std::error_code failure;
  if (!std::filesystem::exists(path, failure)) return std::nullopt;
  const auto size = std::filesystem::file_size(path, failure);
  require(!failure, ErrorKind::io, "read \"{}\": it must be a readable file: {}", path.string(), failure.message());
  require(size <= kLargestFile, ErrorKind::corrupt_file, "read \"{}\": it must have at most {} bytes, found {}",
          path.string(), kLargestFile, size);
  std::ifstream file(path, std::ios::binary);
  std::string text(size, '\0');
  require(file && file.read(text.data(), static_cast<std::streamsize>(size)), ErrorKind::io,
          "read \"{}\": its {} bytes must be readable, they are not", path.string(), size);
  return text;
}

std::string required_file_text(const std::filesystem::path& path) {
  auto text = file_text(path);
  require(text.has_value(), ErrorKind::not_found, "read tokenizer folder \"{}\": it must hold {}, which is not there",
          path.parent_path().string(), path.filename().string());
  return *std::move(text);
}

/// A special token stands in these files as its spelling, or as an object with the spelling as "content".
std::optional<std::string> special_token(const json& settings, const char* key) {
  const auto found = settings.find(key);
  if (found == settings.end()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_object() || !found->contains("content") || !found->at("content").is_string()) return std::nullopt;
  return found->at("content").get<std::string>();
}

SpecialTokens special_tokens(const std::filesystem::path& folder) {
  std::vector<json> sources;
  for (const char* name : {"special_tokens_map.json", "tokenizer_config.json"}) {
    if (const auto text = file_text(folder / name)) sources.push_back(parsed_object(*text, name));
  }
  SpecialTokens special;
  const auto choose = [&](const char* key, std::string& token) {
    for (const auto& source : sources) {
      if (const auto found = special_token(source, key)) {
        token = *found;
        return;
      }
    }
  };
  choose("bos_token", special.start);
  choose("eos_token", special.end);
  special.pad = special.end;
  choose("pad_token", special.pad);
  return special;
}

}  // namespace

const std::array<std::string, 256>& byte_symbols() {
  static const auto symbols = [] {
    std::array<std::string, 256> made;
    char32_t next = 256;
    for (int byte = 0; byte < 256; ++byte) {
      append_utf8(made[byte], has_own_symbol(byte) ? static_cast<char32_t>(byte) : next++);
    }
    return made;
  }();
  return symbols;
}

Vocabulary parse_vocabulary(std::string_view vocab_json, std::string_view merges_txt, SpecialTokens special) {
  Vocabulary vocabulary{parsed_ids(vocab_json), parsed_merges(merges_txt), std::move(special)};
  require_complete(vocabulary);
  return vocabulary;
}

Vocabulary read_vocabulary(const std::filesystem::path& folder) {
  const std::string vocab = required_file_text(folder / "vocab.json");
  const std::string merges = required_file_text(folder / "merges.txt");
  try {
    return parse_vocabulary(vocab, merges, special_tokens(folder));
  } catch (const Error& error) {
    throw error.within(fmt::format("tokenizer folder \"{}\"", folder.string()));
  }
}

Vocabulary clip_vocabulary() {
  Vocabulary vocabulary;
  vocabulary.merges = parsed_merges({darkroom_clip_merges, darkroom_clip_merges_end});
  const auto add = [&](std::string token) {
    vocabulary.ids.emplace(std::move(token), static_cast<int>(vocabulary.ids.size()));
  };
  for (const auto& symbol : byte_symbols_by_id()) add(symbol);
  for (const auto& symbol : byte_symbols_by_id()) add(symbol + std::string(kWordEnd));
  for (const auto& [left, right] : vocabulary.merges) add(left + right);
  add(vocabulary.special.start);
  add(vocabulary.special.end);
  return vocabulary;
}

std::string vocab_json(const Vocabulary& vocabulary) {
  std::vector<std::pair<int, std::string_view>> by_id;
  for (const auto& [token, id] : vocabulary.ids) by_id.emplace_back(id, token);
  std::sort(by_id.begin(), by_id.end());
  nlohmann::ordered_json::object_t ids;  // filled as a list: the searches of operator[] would be quadratic
  for (const auto& [id, token] : by_id) ids.emplace_back(std::string(token), id);
  return nlohmann::ordered_json(std::move(ids)).dump();
}

std::string merges_txt(const Vocabulary& vocabulary) {
  std::string text = "#version: 0.2\n";
  for (const auto& [left, right] : vocabulary.merges) text += left + " " + right + "\n";
  return text;
}

}  // namespace darkroom::prompt
