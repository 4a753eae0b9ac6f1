#include "generate/model_adapters.h"

#include "base/log.h"
#include "formats/support.h"
#include "generate/model_hash.h"
#include "layers/linear.h"
#include "support/demo_lora.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;
using formats::TemporaryFolder;

/// Keeps warnings.
struct Warnings {
  std::vector<std::string> lines;
  LogSink before = set_log_sink([this](LogLevel level, const std::string& line) {
    if (level == LogLevel::warning) lines.push_back(line);
  });
  ~Warnings() { set_log_sink(before); }
};

struct AdaptersWorld {
  TemporaryFolder folder;
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(tiny_model("sd15"));
  ModelAdapters adapters{model};

  AdaptersWorld() {
    write_demo_lora(folder / "a.safetensors", tiny_model("sd15"), {.metadata = {{"ss_output_name", "maker's a"}}});
    write_demo_lora(folder / "b.safetensors", tiny_model("sd15"), {.seed = 2});
  }
  std::string use(const std::string& prompt) {
    return adapters.use(prompt::lora_tags(prompt::without_tags(prompt)), folder.path());
  }
  /// The weights as they are now, in one tensor.
  Tensor weights() {
    std::vector<Tensor> all;
    for (const auto& [name, tensor] : model.unet->named_parameters()) all.push_back(tensor->flatten());
    for (const auto& [name, tensor] : model.text_encoders[0]->named_parameters()) all.push_back(tensor->flatten());
    return at::cat(all);
  }
  Tensor with(const std::string& prompt) {
    use(prompt);
    return weights();
  }
};

TEST(ModelAdapters, ActAndGoWithoutATrace) {
  AdaptersWorld world;
  const Tensor before = world.weights();
  const Tensor a = world.with("<lora:a:0.5>");
  EXPECT_FALSE(a.equal(before));
  EXPECT_TRUE(world.with("<lora:a:0>").equal(before));
  const Tensor ab = world.with("<lora:a:0.5><lora:b:-1>");
  EXPECT_FALSE(ab.equal(a));
  EXPECT_TRUE(world.with("<lora:a:0.5>").equal(a));
  EXPECT_TRUE(world.with("").equal(before));
  EXPECT_TRUE(world.with("<lora:a:0.5><lora:b:-1>").equal(ab));
}

TEST(ModelAdapters, ANameSaidTwiceIsAddedTwiceWithTheLaterWeight) {
  AdaptersWorld world;
  const Tensor before = world.weights();
  const Warnings warnings;
  const Tensor twice = world.with("<lora:a:0.3><lora:a:0.5>");
  ASSERT_EQ(warnings.lines.size(), 1u);
  EXPECT_TRUE(warnings.lines[0].starts_with("LoRA \"a\" is said twice")) << warnings.lines[0];
  EXPECT_TRUE(twice.allclose(world.with("<lora:a:1>"), 0, 1e-5));
  // By stem and by its maker's name it is two.
  EXPECT_TRUE(world.with("<lora:a:0.3><lora:maker's a:0.5>").allclose(world.with("<lora:a:0.8>"), 0, 1e-5));
  EXPECT_FALSE(twice.allclose(before, 0, 1e-3));
}

TEST(ModelAdapters, BesideTheWeightsTheWeightsStay) {
  AdaptersWorld world;
  const Tensor before = world.weights();
  const auto tags = [](const std::string& prompt) { return prompt::lora_tags(prompt::without_tags(prompt)); };
  const auto with_additions = [&] {
    size_t count = 0;
    world.model.unet->for_each_module([&](const std::string&, layers::Module& module) {
      if (auto* linear = dynamic_cast<layers::Linear*>(&module)) count += linear->side ? 1 : 0;
    });
    return count;
  };
  world.adapters.use(tags("<lora:a:0.5><lora:b:1>"), world.folder.path(), /*beside=*/true);
  EXPECT_TRUE(world.weights().equal(before));
  EXPECT_GT(with_additions(), 20u);
  world.use("<lora:a:0.5>");
  EXPECT_EQ(with_additions(), 0u);
  EXPECT_FALSE(world.weights().equal(before));
}

TEST(ModelAdapters, HashesAreNamedAsInTheTags) {
  AdaptersWorld world;
  const std::string a = adapter_hash(world.folder / "a.safetensors", {});
  const std::string b = adapter_hash(world.folder / "b.safetensors", {});
  EXPECT_EQ(world.use("<lora:b:1> <lora:maker's a:0.2>"), "b: " + b + ", maker's a: " + a);
  EXPECT_EQ(world.use(""), "");
}

TEST(ModelAdapters, AFileThatChangedIsReadAgain) {
  AdaptersWorld world;
  const Tensor before = world.with("<lora:a:1>");
  write_demo_lora(world.folder / "a.safetensors", tiny_model("sd15"), {.seed = 3});
  std::filesystem::last_write_time(world.folder / "a.safetensors",
                                   std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5));
  EXPECT_FALSE(world.with("<lora:a:1>").equal(before));
}

TEST(ModelAdapters, AFailureLeavesWhatActed) {
  AdaptersWorld world;
  const Tensor a = world.with("<lora:a:1>");
  expect_error(ErrorKind::not_found, "the nearest are", [&] { world.use("<lora:b:1><lora:none:1>"); });
  EXPECT_TRUE(world.weights().equal(a));
}

TEST(ModelAdapters, WhatDoesNotFitIsReportedOnce) {
  AdaptersWorld world;
  auto file = formats::read_safetensors(world.folder / "a.safetensors");
  std::vector<std::pair<std::string, formats::StoredTensor>> tensors(file.tensors.begin(), file.tensors.end());
  const formats::StoredTensor any = std::next(file.tensors.begin())->second;
  tensors.emplace_back("bundle_emb.word.emb_params", any);
  tensors.emplace_back("stray", any);
  tensors.emplace_back("lora_unet_nowhere.diff", any);
  formats::write_safetensors(world.folder / "c.safetensors", tensors);
  const Warnings warnings;
  world.use("<lora:c:1>");
  world.use("<lora:c:0.5>");
  EXPECT_EQ(warnings.lines,
            (std::vector<std::string>{
                "LoRA \"c\": 1 of its layers are not in this model and have no effect: lora_unet_nowhere",
                "LoRA \"c\": 1 of its tensors belong to no kind of LoRA and have no effect: stray",
                "LoRA \"c\": 1 of its tensors are textual inversions, which are not read from LoRA files: "
                "bundle_emb.word.emb_params"}));
}

}  // namespace
}  // namespace darkroom::generate
