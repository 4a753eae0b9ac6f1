#include "generate/file_facts.h"

#include <gtest/gtest.h>

#include "formats/png.h"
#include "formats/safetensors.h"
#include "formats/support.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using formats::TemporaryFolder;

std::string fact(const FileFacts& file, const std::string& name) {
  for (const auto& [key, value] : file.facts) {
    if (key == name) return value;
  }
  return "(none)";
}

TEST(FileFacts, OfCheckpointsInEveryContainer) {
  for (const char* name : {"sd21.safetensors", "sd21.ckpt", "sd21"}) {
    const FileFacts file = file_facts(tiny_model(name));
    EXPECT_EQ(file.kind, "checkpoint") << name;
    EXPECT_EQ(fact(file, "variant"), "SD 2.x");
    EXPECT_EQ(fact(file, "prediction"), "v");
    EXPECT_NE(fact(file, "dtypes").find("F16"), std::string::npos);
    EXPECT_GT(std::stoi(fact(file, "tensors")), 100);
    EXPECT_GT(std::stoi(fact(file, "parameters")), 50000);
  }
  EXPECT_EQ(fact(file_facts(tiny_model("sdxl.safetensors")), "variant"), "SDXL");
  EXPECT_EQ(fact(file_facts(tiny_model("sd15.safetensors")), "prediction"), "eps");
}

TEST(FileFacts, OfALoRA) {
  TemporaryFolder folder;
  const std::vector<float> numbers(8 * 16);
  const formats::StoredTensor down{
      formats::DType::f32, {8, 16}, reinterpret_cast<const std::byte*>(numbers.data()), numbers.size() * 4, nullptr};
  formats::StoredTensor up = down;
  up.shape = {16, 8};
  formats::write_safetensors(folder / "l.safetensors",
                             {{"lora_unet_a.lora_down.weight", down}, {"lora_unet_a.lora_up.weight", up}},
                             {{"ss_network_dim", "8"}});
  const FileFacts file = file_facts(folder / "l.safetensors");
  EXPECT_EQ(file.kind, "LoRA");
  EXPECT_EQ(fact(file, "kinds"), "LoRA");
  EXPECT_EQ(fact(file, "layers"), "1");
  EXPECT_EQ(fact(file, "rank"), "8");
  EXPECT_EQ(fact(file, "parameters"), "256");
  EXPECT_EQ(file.texts.at("ss_network_dim"), "8");
}

TEST(FileFacts, OfAPicture) {
  TemporaryFolder folder;
  formats::write_png(folder / "p.png", Image(24, 16, 3), {{"parameters", "a cat\nSteps: 2"}});
  const FileFacts file = file_facts(folder / "p.png");
  EXPECT_EQ(file.kind, "picture");
  EXPECT_EQ(fact(file, "size"), "24x16");
  EXPECT_EQ(file.texts.at("parameters"), "a cat\nSteps: 2");
}

TEST(FileFacts, OfOtherWeights) {
  const FileFacts file = file_facts(tiny_model("sd15/vae/diffusion_pytorch_model.safetensors"));
  EXPECT_EQ(file.kind, "other weights");
  EXPECT_NE(fact(file, "not a checkpoint"), "(none)");
}

TEST(FileFacts, OfNothingAndOfNonsense) {
  TemporaryFolder folder;
  formats::put(folder / "x.txt", "hello");
  formats::expect_error(ErrorKind::not_found, "nowhere", [] { file_facts("nowhere.safetensors"); });
  formats::expect_error(ErrorKind::unsupported, "x.txt", [&] { file_facts(folder / "x.txt"); });
}

}  // namespace
}  // namespace darkroom::generate
