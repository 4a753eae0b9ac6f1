// A training that begins with another model takes over everything it can name, tokens by their spelling.
#include "train/start_from.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/log.h"
#include "checkpoint/load.h"
#include "checkpoint/save.h"
#include "prompt/vocabulary.h"
#include "train/initialise.h"
#include "train/random.h"
#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

/// A tiny model in memory: described, initialised, with a vocabulary of its own.
struct TinyModel {
  checkpoint::ModelDescription description;
  std::unique_ptr<models::ClipText> text;
  std::unique_ptr<models::UNet> unet;
  std::unique_ptr<models::AutoencoderKL> vae;

  TinyModel(const prompt::Vocabulary& vocabulary, uint64_t seed, int64_t width = 16, int64_t layers = 1) {
    description.family = checkpoint::Family::sd1;
    description.prediction = checkpoint::Prediction::v;
    description.vae = {.channels = {4, 8}, .res_blocks = 1, .groups = 2};
    description.unet = {.channels = {16, 32},
                        .res_blocks = 1,
                        .depth = {0, 1},
                        .middle_depth = 1,
                        .heads = {1, 2},
                        .context = width,
                        .groups = 8};
    checkpoint::TextEncoderDescription encoder;
    encoder.config = {
        .vocabulary = int64_t(vocabulary.ids.size()), .width = width, .inner = 4 * width, .layers = layers, .heads = 2};
    encoder.tokenizer = checkpoint::TokenizerFiles{{}, prompt::vocab_json(vocabulary), prompt::merges_txt(vocabulary)};
    description.text_encoders = {encoder};
    text = std::make_unique<models::ClipText>(encoder.config);
    unet = std::make_unique<models::UNet>(description.unet);
    vae = std::make_unique<models::AutoencoderKL>(description.vae);
    at::Generator draws = generator_for(seed, Purpose::initial_weights, 0);
    initialise(*text, draws);
    initialise(*unet, draws);
    initialise(*vae, draws);
  }

  void save(const std::filesystem::path& folder) const {
    checkpoint::save_diffusers_folder({description, {text.get()}, unet.get(), vae.get()}, folder);
  }
};

/// Every byte, then `words`, each merged out of its two halves, in the order given; then the special tokens.
prompt::Vocabulary vocabulary_with(const std::vector<std::pair<std::string, std::string>>& words) {
  prompt::Vocabulary vocabulary;
  int id = 0;
  for (const std::string& symbol : prompt::byte_symbols()) vocabulary.ids[symbol] = id++;
  for (const std::string& symbol : prompt::byte_symbols())
    vocabulary.ids[symbol + std::string(prompt::kWordEnd)] = id++;
  for (const auto& [left, right] : words) {
    vocabulary.merges.emplace_back(left, right);
    vocabulary.ids[left + right] = id++;
  }
  vocabulary.ids[vocabulary.special.start] = id++;
  vocabulary.ids[vocabulary.special.end] = id++;
  return vocabulary;
}

class StartFrom : public ::testing::Test {
 protected:
  const TinyDataset data;
  const std::filesystem::path start = data.folder() / "start";
  const prompt::Vocabulary old_words = vocabulary_with({{"o", "x</w>"}, {"c", "at</w>"}, {"a", "t</w>"}});
  const prompt::Vocabulary new_words =
      vocabulary_with({{"a", "t</w>"}, {"c", "at</w>"}, {"d", "og</w>"}, {"o", "g</w>"}});
};

TEST_F(StartFrom, TokensKeepTheirVectorsUnderTheirSpelling) {
  TinyModel old_model(old_words, 1);
  old_model.save(start);
  TinyModel model(new_words, 2);
  const Tensor before = model.text->embeddings.token.clone();
  const TokensCarriedOver tokens = start_from(start, model.description, *model.text, *model.unet);
  EXPECT_EQ(tokens.kept, 512 + 2 + 2);  // bytes, "at", "cat", start and end
  EXPECT_EQ(tokens.fresh, 2);           // "dog", "og"
  // The folder holds fp16.
  const Tensor old_table = old_model.text->embeddings.token.to(at::kHalf).to(at::kFloat);
  const Tensor& table = model.text->embeddings.token;
  for (const auto& [spelling, row] : new_words.ids) {
    const auto found = old_words.ids.find(spelling);
    const Tensor expected = found == old_words.ids.end() ? before[row] : old_table[found->second];
    EXPECT_TRUE(at::equal(table[row], expected)) << spelling;
  }
  EXPECT_NE(old_words.ids.at("at</w>"), new_words.ids.at("at</w>"));
  EXPECT_FALSE(at::equal(table[new_words.ids.at("cat</w>")], before[new_words.ids.at("cat</w>")]));
}

TEST_F(StartFrom, EverythingElseIsTakenByName) {
  TinyModel old_model(old_words, 1);
  old_model.save(start);
  TinyModel model(new_words, 2);
  start_from(start, model.description, *model.text, *model.unet);
  const auto expect_equal = [](layers::Module& from, layers::Module& to) {
    const auto theirs = from.named_parameters(), ours = to.named_parameters();
    ASSERT_EQ(theirs.size(), ours.size());
    for (size_t i = 0; i < ours.size(); ++i) {
      if (ours[i].second->sizes() != theirs[i].second->sizes()) continue;  // the token table
      EXPECT_TRUE(at::equal(*ours[i].second, theirs[i].second->to(at::kHalf).to(at::kFloat))) << ours[i].first;
    }
  };
  expect_equal(*old_model.text, *model.text);
  expect_equal(*old_model.unet, *model.unet);
}

TEST_F(StartFrom, ItSaysInOneLineWhatWasCarriedOver) {
  TinyModel(old_words, 1).save(start);
  TinyModel model(new_words, 2);
  std::vector<std::string> lines;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& line) { lines.push_back(line); });
  start_from(start, model.description, *model.text, *model.unet);
  set_log_sink(before);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("516 of 518 tokens keep their vectors, 2 begin anew"), std::string::npos) << lines[0];
}

void expect_refusal(const std::filesystem::path& start, TinyModel& model, const std::string& words) {
  try {
    start_from(start, model.description, *model.text, *model.unet);
    FAIL() << "accepted; must say " << words;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST_F(StartFrom, OtherSizesAreRefusedByName) {
  TinyModel(old_words, 1).save(start);
  TinyModel wider(new_words, 2, 32);
  expect_refusal(start, wider, "token vectors have 16 values, text_width says 32");
  TinyModel deeper(new_words, 2, 16, 2);
  expect_refusal(start, deeper,
                 "text encoder must have the sizes of the options, it has no \"text_model.encoder.layers.1");
  TinyModel other_unet(new_words, 2);
  other_unet.unet->input_blocks[0].conv->weight = at::zeros({16, 8, 3, 3});
  expect_refusal(start, other_unet,
                 "UNet must have the sizes of the options: \"input_blocks.0.0.weight\" has the shape");
  TinyModel shallower(new_words, 2, 16, 1);
  TinyModel(old_words, 1, 16, 2).save(data.folder() / "deeper");
  expect_refusal(data.folder() / "deeper", shallower, "as well");
}

TEST_F(StartFrom, AMissingModelIsSaid) {
  TinyModel model(new_words, 2);
  EXPECT_THROW(start_from(data.folder() / "nothing", model.description, *model.text, *model.unet), Error);
}

}  // namespace
}  // namespace darkroom::train
