// Against diffusers' load_lora_weights and fuse_lora on the tiny models, and PEFT's DoRA on a matrix
// (tests/golden/make_diffusers_lora.py, make_peft_dora.py).
#include "adapters/adapters.h"
#include "adapters/merge.h"
#include "formats/safetensors.h"
#include "support/parity.h"

namespace darkroom::adapters {
namespace {

struct FusedWorld {
  std::string family;
  checkpoint::Checkpoint model = tiny_checkpoint(family);
  ModelKeys keys{model};
  Merge merge;

  Tensor golden(const std::string& name) const { return parity("lora_" + family, name); }
  void fuse(double weight) {
    const std::string path = std::string(DARKROOM_TESTS_DIR) + "/golden/lora_" + family + ".safetensors";
    const auto adapter =
        std::make_shared<const FittedAdapter>(fit(std::make_shared<const AdapterFile>(read_adapter_file(path)), keys));
    EXPECT_TRUE(adapter->unmatched.empty());
    EXPECT_TRUE(adapter->file->unused.empty());
    merge.set({{adapter, weight, weight}});
  }
  double text_error(size_t i, const std::string& name) const {
    return relative_error(model.text_encoders[i]->hidden_state(golden("ids"), 0), golden(name));
  }
  double unet_error(const Tensor& vector) const {
    return relative_error(model.unet->forward(golden("x"), golden("t"), {golden("context"), vector}), golden("y"));
  }
};

TEST(DiffusersParity, KohyaFileOnSd1) {
  const NoGrad guard;
  FusedWorld world{"sd15"};
  EXPECT_GT(world.unet_error({}), 0.05);  // without it
  world.fuse(0.7);
  EXPECT_LT(world.text_error(0, "text_encoder"), 1e-4);
  EXPECT_LT(world.unet_error({}), 1e-4);
  world.fuse(0.6);
  EXPECT_GT(world.unet_error({}), 1e-3);  // the weight counts
}

TEST(DiffusersParity, DiffusersFileOnSdxl) {
  const NoGrad guard;
  FusedWorld world{"sdxl"};
  world.fuse(0.7);
  EXPECT_LT(world.text_error(0, "text_encoder"), 1e-4);
  EXPECT_LT(world.text_error(1, "text_encoder_2"), 1e-4);
  EXPECT_LT(world.unet_error(world.golden("vector")), 1e-4);
}

TEST(DiffusersParity, DoraAsPeftWritesIt) {
  formats::TensorFile file =
      formats::read_safetensors(std::string(DARKROOM_TESTS_DIR) + "/golden/dora_peft.safetensors");
  const Tensor weight = checkpoint::tensor_view(file.tensors.at("weight"));
  const Tensor merged = checkpoint::tensor_view(file.tensors.at("merged"));
  const AdapterFile adapter = adapter_file(file);
  EXPECT_EQ(adapter.unused, (std::vector<std::string>{"merged", "weight"}));
  ASSERT_EQ(adapter.modules.size(), 1u);
  const AdapterModule& module = adapter.modules[0];
  EXPECT_TRUE(is_dora_per_output(module, {8, 8}));
  EXPECT_GT(relative_error(weight, merged), 0.5);
  EXPECT_LT(relative_error(weight + change(module, weight).weight, merged), 1e-6);
}

}  // namespace
}  // namespace darkroom::adapters
