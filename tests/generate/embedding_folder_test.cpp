// Embeddings in the forms people have: tests/golden/make_textual_inversion.py.
#include "generate/embedding_folder.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "formats/safetensors.h"
#include "formats/support.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;
using prompt::Tokenizer;

std::filesystem::path golden_embeddings(const std::string& family) {
  return std::string(DARKROOM_TESTS_DIR) + "/golden/embeddings/" + family;
}

/// Zeros of a shape, as one tensor of a file.
formats::StoredTensor zeros(std::vector<int64_t> shape, formats::DType dtype = formats::DType::f32) {
  const size_t bytes = formats::byte_size(dtype, shape).value();
  auto memory = std::make_shared<std::vector<std::byte>>(bytes);
  const std::byte* data = memory->data();
  return {dtype, std::move(shape), data, bytes, memory};
}

/// What was warned of while `call` ran.
template <typename Call>
std::string warnings_of(Call call) {
  std::string warnings;
  LogSink before = set_log_sink([&](LogLevel, const std::string& line) { warnings += line + "\n"; });
  call();
  set_log_sink(std::move(before));
  return warnings;
}

TEST(EmbeddingFolder, ReadsEveryForm) {
  const auto shapes = [](const std::filesystem::path& file) {
    std::vector<std::vector<int64_t>> found;
    for (const auto& tensor : read_embedding(file)) found.push_back(tensor.shape);
    return found;
  };
  using Shapes = std::vector<std::vector<int64_t>>;
  EXPECT_EQ(shapes(golden_embeddings("sd15") / "appleword.pt"), (Shapes{{3, 16}}));
  EXPECT_EQ(shapes(golden_embeddings("sd15") / "moonword.safetensors"), (Shapes{{1, 16}}));
  EXPECT_EQ(shapes(golden_embeddings("sd21") / "appleword.bin"), (Shapes{{3, 16}}));
  EXPECT_EQ(shapes(golden_embeddings("sdxl") / "appleword.safetensors"), (Shapes{{3, 16}, {3, 24}}));
  EXPECT_EQ(shapes(formats::golden("textual_inversion.pt")), (Shapes{{2, 4}}));
  const formats::TemporaryFolder folder;
  formats::write_safetensors(folder / "one.safetensors", {{"x", zeros({8})}}, {});
  EXPECT_EQ(shapes(folder / "one.safetensors"), (Shapes{{1, 8}}));
}

TEST(EmbeddingFolder, RefusesWhatIsNone) {
  const formats::TemporaryFolder folder;
  const auto refused = [&](const std::vector<std::pair<std::string, formats::StoredTensor>>& tensors,
                           const char* part) {
    formats::write_safetensors(folder / "x.safetensors", tensors, {});
    expect_error(ErrorKind::unsupported, part, [&] { read_embedding(folder / "x.safetensors"); });
  };
  refused({}, "has none");
  refused({{"a", zeros({1, 4})}, {"b", zeros({1, 4})}}, "has 2 tensors");
  refused({{"a", zeros({76, 4})}}, "1 to 75 vectors");
  refused({{"a", zeros({0, 4})}}, "1 to 75 vectors");
  refused({{"a", zeros({1, 2, 4})}}, "[1, 2, 4]");
  refused({{"a", zeros({1, 4}, formats::DType::i64)}}, "found I64");
  refused({{"clip_l", zeros({2, 4})}, {"clip_g", zeros({3, 4})}}, "have 2 and 3");
  formats::put(folder / "y.pt", "cos\nsystem\n(S'true'\ntR.");
  EXPECT_THROW(read_embedding(folder / "y.pt"), Error);
}

TEST(EmbeddingFolder, FindsWordsByTheirTokens) {
  EmbeddingFolder embeddings(golden_embeddings("sd15"), Tokenizer::clip(), {16});
  const std::vector<int> ids = Tokenizer::clip().encode("a AppleWord, moonword");
  std::vector<prompt::EmbeddingMatch> found;
  for (size_t i = 0; i < ids.size(); ++i)
    if (const auto match = embeddings.find(ids, i)) found.push_back(*match);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].vectors, 3);
  EXPECT_EQ(found[0].tokens, int(Tokenizer::clip().encode("appleword").size()));
  EXPECT_EQ(found[1].vectors, 1);
  ASSERT_EQ(embeddings.found().size(), 2u);
  EXPECT_EQ(embeddings.found()[0].name, "appleword");
  EXPECT_EQ(embeddings.found()[0].hash.size(), 12u);
  const std::string hashes = embedding_hashes(embeddings.found());
  EXPECT_EQ(hashes, "appleword: " + embeddings.found()[0].hash + ", moonword: " + embeddings.found()[1].hash);
}

TEST(EmbeddingFolder, WhatCannotBeUsedIsTextWithAWarning) {
  const std::vector<int> ids = Tokenizer::clip().encode("appleword");
  EXPECT_NE(
      warnings_of([&] {
        EmbeddingFolder wide(golden_embeddings("sd15"), Tokenizer::clip(), {768});
        EXPECT_FALSE(wide.find(ids, 0).has_value());
        EXPECT_FALSE(wide.find(ids, 0).has_value());
        EXPECT_TRUE(wide.found().empty());
      })
          .find("the embedding \"appleword\" is text here: it was taught to text encoders of width 16, this model's "
                "have 768\n"),
      std::string::npos);
  EmbeddingFolder two(golden_embeddings("sdxl"), Tokenizer::clip(), {16});
  EXPECT_NE(warnings_of([&] { two.find(ids, 0); }).find("width 16 and 24"), std::string::npos);
  const formats::TemporaryFolder folder;
  formats::put(folder / "appleword.pt", "no pickle");
  EmbeddingFolder damaged(folder.path(), Tokenizer::clip());
  const std::string warning = warnings_of([&] { damaged.find(ids, 0), damaged.find(ids, 0); });
  EXPECT_NE(warning.find("appleword.pt"), std::string::npos);
  EXPECT_EQ(std::count(warning.begin(), warning.end(), '\n'), 1);
}

TEST(EmbeddingFolder, LiesWhereA1111HasIt) {
  const formats::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "models/Stable-diffusion/more");
  std::filesystem::create_directories(folder / "embeddings");
  GenerateRequest request;
  request.model = (folder / "models/Stable-diffusion/more/m.safetensors").string();
  EXPECT_EQ(embeddings_folder(request), folder / "embeddings");
  request.embeddings_dir = "elsewhere";
  EXPECT_EQ(embeddings_folder(request), "elsewhere");
  expect_error(ErrorKind::not_found, "--embeddings-dir", [] { EmbeddingFolder("elsewhere", Tokenizer::clip()); });
  EXPECT_NO_THROW(EmbeddingFolder("", Tokenizer::clip()));
}

}  // namespace
}  // namespace darkroom::generate
