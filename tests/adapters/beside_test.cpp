#include "adapters/beside.h"

#include "adapters/adapters.h"
#include "support/parity.h"

namespace darkroom::adapters {
namespace {

struct BesideWorld {
  std::string family;
  checkpoint::Checkpoint model = tiny_checkpoint(family);
  ModelKeys keys{model};
  std::shared_ptr<const FittedAdapter> adapter = std::make_shared<const FittedAdapter>(
      fit(std::make_shared<const AdapterFile>(
              read_adapter_file(std::string(DARKROOM_TESTS_DIR) + "/golden/lora_" + family + ".safetensors")),
          keys));

  Tensor golden(const std::string& name) const { return parity("lora_" + family, name); }
  Tensor unet() const {
    const Tensor vector = family == "sdxl" ? golden("vector") : Tensor();
    return model.unet->forward(golden("x"), golden("t"), {golden("context"), vector});
  }
  Tensor text(size_t i) const { return model.text_encoders[i]->hidden_state(golden("ids"), 0); }
};

TEST(Beside, IsWhatDiffusersFuses) {
  const NoGrad guard;
  for (const char* family : {"sd15", "sdxl"}) {
    SCOPED_TRACE(family);
    BesideWorld world{family};
    ASSERT_TRUE(can_act_beside(*world.adapter));
    Beside beside;
    beside.set({{world.adapter, 0.7, 0.7}});
    EXPECT_LT(relative_error(world.unet(), world.golden("y")), 1e-4);
    EXPECT_LT(relative_error(world.text(0), world.golden("text_encoder")), 1e-4);
    beside.set({});
  }
}

TEST(Beside, EqualsTheMergeWithinRounding) {
  const NoGrad guard;
  BesideWorld world{"sd15"};
  const Tensor plain = world.unet(), plain_text = world.text(0);
  Merge merge;
  Beside beside;
  const std::vector<std::vector<WantedAdapter>> sets = {{{world.adapter, 0.5, -0.3}},
                                                        {{world.adapter, 1, 1, /*rank_limit=*/1}},
                                                        {{world.adapter}, {world.adapter, 0, 0.4}}};
  for (const auto& wanted : sets) {
    merge.set(wanted);
    const Tensor merged = world.unet(), merged_text = world.text(0);
    merge.set({});
    beside.set(wanted);
    EXPECT_LT(relative_error(world.unet(), merged), 1e-4);
    EXPECT_LT(relative_error(world.text(0), merged_text), 1e-4);
    EXPECT_GT(relative_error(merged, plain), 1e-3);
    beside.set({});
    EXPECT_TRUE(world.unet().equal(plain));
    EXPECT_TRUE(world.text(0).equal(plain_text));
  }
}

TEST(Beside, OtherKindsCannot) {
  const checkpoint::Checkpoint model = tiny_checkpoint("sdxl");
  const ModelKeys keys(model);
  const std::string q = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q";
  const std::string fused = "lora_te2_transformer_resblocks_1_attn_in_proj";
  NamedTensors lora, dora, in_proj;
  add_lora(lora, q, {16, 16}, 2, 1);
  dora = lora;
  dora[q + ".dora_scale"] = at::ones({16, 1});
  add_lora(in_proj, fused, {72, 24}, 2, 1);
  EXPECT_TRUE(can_act_beside(*fitted(lora, keys)));
  EXPECT_FALSE(can_act_beside(*fitted(dora, keys)));
  EXPECT_FALSE(can_act_beside(*fitted(in_proj, keys)));
  EXPECT_FALSE(can_act_beside(*fitted({{q + ".diff", numbers({16, 16}, 1)}}, keys)));
}

}  // namespace
}  // namespace darkroom::adapters
