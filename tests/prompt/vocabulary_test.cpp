#include "prompt/vocabulary.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "prompt/golden.h"
#include "prompt/tokenizer.h"

namespace darkroom::prompt {
namespace {

namespace fs = std::filesystem;

/// A small complete vocabulary: the bytes, "ab</w>", start and end.
nlohmann::json small_vocabulary() {
  nlohmann::json vocabulary;
  for (const char* end : {"", "</w>"}) {
    for (const auto& symbol : byte_symbols()) vocabulary[symbol + end] = vocabulary.size();
  }
  for (const char* token : {"ab</w>", "<|startoftext|>", "<|endoftext|>"}) vocabulary[token] = vocabulary.size();
  return vocabulary;
}

constexpr const char* kSmallMerges = "#version: 0.2\na b</w>";

class TokenizerFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("tokenizer_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    write("vocab.json", small_vocabulary().dump());
    write("merges.txt", kSmallMerges);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const char* name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  fs::path folder_;
};

void expect_corrupt(const std::string& vocab, const std::string& merges, const std::string& message) {
  try {
    parse_vocabulary(vocab, merges);
    ADD_FAILURE() << "accepted, instead of: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::corrupt_file);
    EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
  }
}

TEST(Vocabulary, SmallOneTokenizes) {
  const auto tokenizer = Tokenizer::from_texts(small_vocabulary().dump(), kSmallMerges);
  EXPECT_EQ(tokenizer.size(), 515);
  EXPECT_EQ(tokenizer.bos(), 513);
  EXPECT_EQ(tokenizer.pad(), 514);
  const int ab = tokenizer.token_id("ab</w>").value();
  EXPECT_EQ(tokenizer.encode("ab AB"), (std::vector<int>{ab, ab}));
  EXPECT_EQ(tokenizer.encode("aba").size(), 3u);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("xyz 日")), "xyz 日");
}

TEST(Vocabulary, EndOfLastLineAndWindowsLinesDoNotMatter) {
  for (const char* merges : {"a b</w>", "#version: 0.2\r\na b</w>\r\n", "#version: 0.2\na b</w>\n\n"}) {
    EXPECT_EQ(parse_vocabulary(small_vocabulary().dump(), merges).merges.size(), 1u) << merges;
  }
}

TEST(Vocabulary, RefusesMalformedJson) {
  expect_corrupt("{\"a\": 1", kSmallMerges, "one JSON object");
  expect_corrupt("[1, 2]", kSmallMerges, "one JSON object, found array");
  expect_corrupt("{\"a\": \"1\"}", kSmallMerges, "whole number");
  expect_corrupt("{\"a\": -1}", kSmallMerges, "whole number");
  expect_corrupt("{\"a\": 1.5}", kSmallMerges, "whole number");
  expect_corrupt("{\"a\": 18446744073709551615}", kSmallMerges, "whole number");
  expect_corrupt("{\"a\": 99999999}", kSmallMerges, "whole number");
  expect_corrupt("{\"a\": 1, \"b\": 1}", kSmallMerges, "ids must differ");
  expect_corrupt(std::string(1'000'000, '['), kSmallMerges, "one JSON object");
}

TEST(Vocabulary, RefusesMalformedMerges) {
  const auto vocab = small_vocabulary().dump();
  expect_corrupt(vocab, "#version: 0.2\nab", "line 2 must be two symbols");
  expect_corrupt(vocab, "#version: 0.2\na b c", "line 2 must be two symbols");
  expect_corrupt(vocab, "#version: 0.2\n b", "line 2 must be two symbols");
  expect_corrupt(vocab, "#version: 0.2\na c</w>", "\"ac</w>\" is missing");
}

TEST(Vocabulary, RefusesMissingTokens) {
  for (const char* token : {"a", "a</w>", "<|startoftext|>", "<|endoftext|>"}) {
    auto vocab = small_vocabulary();
    vocab.erase(token);
    expect_corrupt(vocab.dump(), "", std::string("\"") + token + "\" is missing");
  }
}

TEST_F(TokenizerFolder, PadsWithTheEndTokenUnlessToldOtherwise) {
  EXPECT_EQ(Tokenizer::from_folder(folder_).pad(), 514);
  write("tokenizer_config.json", R"({"pad_token": "<|endoftext|>", "model_max_length": 77})");
  EXPECT_EQ(Tokenizer::from_folder(folder_).pad(), 514);
  write("special_tokens_map.json", R"({"pad_token": "!", "bos_token": {"content": "<|startoftext|>"}})");
  EXPECT_EQ(Tokenizer::from_folder(folder_).pad(), small_vocabulary().at("!"));
  write("special_tokens_map.json", R"({"pad_token": {"content": "#", "lstrip": false}})");
  EXPECT_EQ(Tokenizer::from_folder(folder_).pad(), small_vocabulary().at("#"));
}

TEST_F(TokenizerFolder, SaysWhatIsMissingOrWrong) {
  const auto message = [&] {
    try {
      Tokenizer::from_folder(folder_);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  write("special_tokens_map.json", R"({"pad_token": "[PAD]"})");
  EXPECT_NE(message().find("\"[PAD]\" is missing"), std::string::npos) << message();
  EXPECT_NE(message().find(folder_.string()), std::string::npos) << message();
  write("special_tokens_map.json", "no json");
  EXPECT_NE(message().find("special_tokens_map.json"), std::string::npos) << message();
  fs::remove(folder_ / "merges.txt");
  EXPECT_NE(message().find("must hold merges.txt"), std::string::npos) << message();
}

}  // namespace
}  // namespace darkroom::prompt
