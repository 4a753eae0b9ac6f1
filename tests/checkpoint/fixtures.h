// Files for the tests of checkpoints: folders that vanish, small tensors, full-size files without their data.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "base/error.h"
#include "checkpoint/load.h"
#include "checkpoint/save.h"
#include "checkpoint/stored_tensors.h"
#include "formats/tensor_file.h"

namespace darkroom::checkpoint {

inline std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(DARKROOM_TESTS_DIR) / "golden" / name;
}

inline std::filesystem::path tiny(const std::string& name) {
  return golden("tiny/" + name);
}

/// A folder of this test's own, removed at its end.
class ScratchFolder {
 public:
  ScratchFolder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test->test_suite_name()) + "." + test->name();
    for (char& c : name) c = c == '/' ? '_' : c;
    path_ = std::filesystem::path(testing::TempDir()) / ("darkroom_checkpoint_" + name);
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The message of the Error `work` throws; "" and a failed test if it throws none, or none of this kind.
template <typename Work>
std::string error_of(ErrorKind kind, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(int(error.kind()), int(kind)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

inline bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A full-size family's file by its list of keys: shapes without data.
inline formats::TensorFile listed_file(const std::string& family) {
  formats::TensorFile file;
  std::ifstream list(golden("keys_" + family + ".txt"));
  std::string name, shape;
  while (list >> name >> shape) {
    formats::StoredTensor tensor;
    std::stringstream sizes(shape == "-" ? "" : shape);
    for (std::string size; std::getline(sizes, size, 'x');) tensor.shape.push_back(std::stoll(size));
    file.tensors.emplace(name, tensor);
  }
  return file;
}

/// Every parameter of a checkpoint by part and name.
inline std::map<std::string, Tensor> all_parameters(const Checkpoint& checkpoint) {
  std::map<std::string, Tensor> all;
  const auto add = [&](const std::string& part, layers::Module& network) {
    for (const auto& [name, parameter] : network.named_parameters()) all.emplace(part + name, *parameter);
  };
  for (size_t i = 0; i < checkpoint.text_encoders.size(); ++i) {
    add("text " + std::to_string(i) + ": ", *checkpoint.text_encoders[i]);
  }
  add("unet: ", *checkpoint.unet);
  add("vae: ", *checkpoint.vae);
  return all;
}

inline void expect_same_parameters(const Checkpoint& actual, const Checkpoint& expected) {
  const auto a = all_parameters(actual), b = all_parameters(expected);
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : b) {
    ASSERT_TRUE(a.contains(name)) << name;
    EXPECT_TRUE(at::equal(a.at(name), tensor)) << name;
  }
}

inline void fill_randomly(layers::Module& network) {
  NoGrad guard;
  for (auto& [name, parameter] : network.named_parameters()) parameter->normal_(0, 0.1);
}

/// A small model whose sizes follow the rules of SD 2.x (groups of 32, heads of 64, context 1024), written to `path`.
inline Checkpoint rule_abiding_sd2(const std::filesystem::path& path) {
  at::manual_seed(1);
  Checkpoint model;
  ModelDescription& description = model.description;
  description.family = Family::sd2;
  description.prediction = Prediction::v;
  description.unet = {
      .channels = {64}, .res_blocks = 1, .depth = {1}, .heads = {1}, .context = 1024, .linear_projections = true};
  description.vae = {.channels = {32}, .res_blocks = 1};
  TextEncoderDescription& text = description.text_encoders.emplace_back();
  text.config = {.vocabulary = 8,
                 .width = 1024,
                 .inner = 16,
                 .layers = 1,
                 .heads = 16,
                 .positions = 4,
                 .activation = models::TextActivation::gelu};
  model.text_encoders.push_back(std::make_unique<models::ClipText>(text.config));
  model.unet = std::make_unique<models::UNet>(description.unet);
  model.vae = std::make_unique<models::AutoencoderKL>(description.vae);
  fill_randomly(*model.text_encoders[0]);
  fill_randomly(*model.unet);
  fill_randomly(*model.vae);
  save_single_file({description, {model.text_encoders[0].get()}, model.unet.get(), model.vae.get()}, path, at::kFloat);
  return model;
}

}  // namespace darkroom::checkpoint
