#include "train/lora_network.h"

#include <gtest/gtest.h>

#include "adapters/adapter_file.h"
#include "adapters/merge.h"
#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "formats/support.h"
#include "layers/checkpointing.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

const std::string kGolden = std::string(DARKROOM_TESTS_DIR) + "/golden/";

checkpoint::Checkpoint tiny_model(const std::string& name) {
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(kGolden + "tiny/" + name, {.writable = true});
  model.unet->require_gradients(false);
  for (auto& text : model.text_encoders) text->require_gradients(false);
  return model;
}

Tensor up_of(const LoraModule& module) {
  return module.change->matrices()[1].second;
}

/// What the UNet says to ids and latents as in make_lora_training.py.
Tensor answer_of(const checkpoint::Checkpoint& model, const Tensor& ids) {
  const models::ClipText& text = *model.text_encoders[0];
  const Tensor context = text.normed(text.hidden_state(ids, 0));
  const Tensor latents = at::sin(at::arange(2 * 4 * 8 * 8, at::kFloat)).view({2, 4, 8, 8});
  return model.unet->forward(latents, at::tensor({17.0f, 730.0f}), {context, {}});
}

Tensor answer_of(const checkpoint::Checkpoint& model) {
  return answer_of(model, (at::arange(24, at::kLong).view({2, 12}) * 7).remainder(90));
}

// sd-scripts' LoRAModule on diffusers' networks: the answer, and the gradient of every matrix.
TEST(LoraNetwork, GradientsAreThoseOfTheReference) {
  const auto golden = formats::read_safetensors(kGolden + "lora_training.safetensors");
  const auto expected = [&](const std::string& name) { return checkpoint::tensor_view(golden.tensors.at(name)); };
  const checkpoint::Checkpoint model = tiny_model("sd15");
  const LoraNetwork lora({.dim = 2, .alpha = 1, .conv_dim = 3, .conv_alpha = 1.5}, model, 0);
  ASSERT_EQ(lora.modules().size() * 2 + 3, golden.tensors.size());

  std::vector<const LoraModule*> modules;
  for (const LoraModule& module : lora.modules()) modules.push_back(&module);
  std::sort(modules.begin(), modules.end(), [](auto a, auto b) { return a->name < b->name; });
  for (size_t i = 0; i < modules.size(); ++i) {
    NoGrad guard;
    for (int k : {0, 1}) {
      const Tensor matrix = modules[i]->change->matrices()[size_t(k)].second;
      const Tensor values = at::sin(at::arange(matrix.numel(), at::kDouble) * 0.1 + double(2 * i + k)) * 0.05;
      Tensor(matrix).copy_(values.view(matrix.sizes()));
    }
  }
  const Tensor answer = answer_of(model, expected("ids"));
  EXPECT_TRUE(at::allclose(answer, expected("answer"), 1e-4, 1e-5));
  const Tensor target = at::cos(at::arange(2 * 4 * 8 * 8, at::kFloat) * 0.3).view({2, 4, 8, 8});
  const Tensor loss = (answer - target).square().mean();
  EXPECT_NEAR(loss.item<float>(), expected("loss").item<float>(), 1e-6);
  loss.backward();
  int far = 0;
  for (const auto& [name, parameter] : lora.parameters()) {
    const Tensor gradient = expected(name);
    const double error = ((parameter.grad() - gradient).norm() / gradient.norm()).item<double>();
    // The reference computes in float64. Float32's rounding alone moves one of the 292 gradients by 1.3e-5 (the
    // reference in float32: four by up to 1.5e-5); all others stay within 1e-5.
    EXPECT_LT(error, 2e-5) << name;
    far += error > 1e-5;
  }
  EXPECT_LE(far, 2);
}

TEST(LoraNetwork, ChangesNothingAtFirstAndNothingWhenItIsGone) {
  NoGrad guard;
  const checkpoint::Checkpoint model = tiny_model("sd15");
  const Tensor plain = answer_of(model);
  {
    const LoraNetwork lora({.conv_dim = 2}, model, 0);
    EXPECT_TRUE(answer_of(model).equal(plain));
    for (const LoraModule& module : lora.modules()) up_of(module).normal_();
    EXPECT_FALSE(at::allclose(answer_of(model), plain, 1e-2, 1e-2));
  }
  EXPECT_TRUE(answer_of(model).equal(plain));
}

TEST(LoraNetwork, TheMultiplierIsAFactorOnTheChange) {
  NoGrad guard;
  const checkpoint::Checkpoint model = tiny_model("sd15");
  LoraNetwork one({.dim = 4, .alpha = 8, .unet = false}, model, 3);
  for (const LoraModule& module : one.modules()) up_of(module).fill_(0.01);
  one.set_multiplier(0.5);
  const Tensor half = answer_of(model);
  one.set_multiplier(1);
  for (const LoraModule& module : one.modules()) up_of(module).mul_(0.5);
  EXPECT_TRUE(at::allclose(answer_of(model), half, 1e-5, 1e-5));
}

// training.md 2.2: how many modules the trainer makes of a full-size model; nothing of its memory is touched.
TEST(LoraNetwork, HasTheReferencesModules) {
  const auto count = [](const checkpoint::Checkpoint& model, LoraOptions options, const std::string& prefix) {
    const LoraNetwork lora(options, model, 0);
    return std::count_if(lora.modules().begin(), lora.modules().end(),
                         [&](const LoraModule& module) { return module.name.starts_with(prefix); });
  };
  const auto model = [](checkpoint::Family family, const models::UNetConfig& unet,
                        std::vector<models::ClipTextConfig> texts) {
    checkpoint::Checkpoint made;
    made.description.family = family;
    made.unet = std::make_unique<models::UNet>(unet);
    for (const auto& text : texts) made.text_encoders.push_back(std::make_unique<models::ClipText>(text));
    return made;
  };
  const checkpoint::Checkpoint sd15 = model(checkpoint::Family::sd1, {}, {{}});
  EXPECT_EQ(count(sd15, {}, "lora_unet_"), 192);
  EXPECT_EQ(count(sd15, {.conv_dim = 4}, "lora_unet_"), 278);
  EXPECT_EQ(count(sd15, {}, "lora_te_"), 72);
  EXPECT_EQ(count(sd15, {.text_encoder = false}, "lora_te_"), 0);

  models::UNetConfig xl;
  xl.channels = {320, 640, 1280};
  xl.depth = {0, 2, 10};
  xl.middle_depth = 10;
  xl.heads = {5, 10, 20};
  xl.context = 2048;
  xl.vector = 2816;
  xl.linear_projections = true;
  models::ClipTextConfig big;
  big.width = 1280, big.layers = 32, big.heads = 20, big.projection = 1280;
  const checkpoint::Checkpoint sdxl = model(checkpoint::Family::sdxl, xl, {{}, big});
  EXPECT_EQ(count(sdxl, {}, "lora_unet_"), 722);
  EXPECT_EQ(count(sdxl, {.conv_dim = 4}, "lora_unet_"), 788);
  EXPECT_EQ(count(sdxl, {}, "lora_te1_"), 72);
  EXPECT_EQ(count(sdxl, {}, "lora_te2_"), 192);
}

// Two ways to the same answer: the change beside the weights, and the saved file merged into them by adapters/.
TEST(LoraNetwork, EveryKindActsFromItsFileAsInTraining) {
  NoGrad guard;
  const formats::TemporaryFolder folder;
  for (const LoraOptions& options : {LoraOptions{.dim = 2, .alpha = 1, .conv_dim = 2, .ends = true},
                                     LoraOptions{.dim = 2, .alpha = 1, .conv_dim = 2, .algorithm = "loha"},
                                     LoraOptions{.dim = 1, .alpha = 1, .conv_dim = 1, .algorithm = "lokr"},
                                     LoraOptions{.dim = 2, .alpha = 1, .conv_dim = 2, .dora = true}}) {
    const checkpoint::Checkpoint model = tiny_model("sd15");
    const Tensor plain = answer_of(model);
    Tensor trained;
    {
      const LoraNetwork lora(options, model, 0);
      at::Generator generator = generator_for(5, Purpose::initial_weights, 0);
      for (const auto& [name, matrix] : lora.parameters())
        if (!name.ends_with("dora_scale")) Tensor(matrix).normal_(0, 0.15, generator);
      trained = answer_of(model);
      lora.save(folder / "a.safetensors", at::kFloat, {});
    }
    const adapters::ModelKeys keys(model);
    const auto file =
        std::make_shared<const adapters::AdapterFile>(adapters::read_adapter_file(folder / "a.safetensors"));
    adapters::Merge merge;
    merge.set({{std::make_shared<const adapters::FittedAdapter>(adapters::fit(file, keys))}});
    const double size = (trained - plain).norm().item<double>();
    EXPECT_GT(size, 0.01 * plain.norm().item<double>()) << options.algorithm;
    EXPECT_LT((answer_of(model) - trained).norm().item<double>(), 1e-4 * size) << options.algorithm << options.dora;
  }
}

TEST(LoraNetwork, SavesWhatOtherProgramsRead) {
  const formats::TemporaryFolder folder;
  const checkpoint::Checkpoint model = tiny_model("sdxl");
  const LoraNetwork lora({.dim = 2, .alpha = 0, .conv_dim = 1, .conv_alpha = 0.5}, model, 7);
  lora.save(folder / "l.safetensors", at::kHalf, {{"ss_network_dim", "2"}});
  const auto file = formats::read_safetensors(folder / "l.safetensors");
  EXPECT_EQ(file.tensors.size(), 3 * lora.modules().size());
  EXPECT_EQ(file.metadata.at("ss_network_dim"), "2");
  const std::string name = "lora_te2_text_model_encoder_layers_0_self_attn_q_proj";
  EXPECT_EQ(checkpoint::tensor_view(file.tensors.at(name + ".alpha")).item<float>(), 2) << "0 stands for the rank";
  EXPECT_TRUE(file.tensors.at(name + ".alpha").shape.empty());
  EXPECT_EQ(file.tensors.at(name + ".lora_down.weight").dtype, formats::DType::f16);
  EXPECT_EQ(checkpoint::tensor_view(file.tensors.at("lora_unet_input_blocks_1_0_in_layers_2.alpha")).item<float>(),
            0.5);
}

TEST(LoraNetwork, DropoutsLeaveThingsOutOnAverageNothing) {
  NoGrad guard;
  const checkpoint::Checkpoint model = tiny_model("sd15");
  const Tensor plain = answer_of(model);
  for (const LoraOptions& options : {LoraOptions{.dropout = 0.3}, {.rank_dropout = 0.3}, {.module_dropout = 0.3}}) {
    LoraOptions small = options;
    small.text_encoder = false;
    LoraNetwork lora(small, model, 0);
    for (const LoraModule& module : lora.modules()) up_of(module).fill_(0.02);
    const Tensor whole = answer_of(model);
    const auto at_step = [&](uint64_t step) {
      lora.begin_batch(0, step);
      return answer_of(model);
    };
    EXPECT_FALSE(at_step(1).equal(whole));
    EXPECT_TRUE(at_step(1).equal(at_step(1))) << "the step decides what is left out";
    EXPECT_FALSE(at_step(1).equal(at_step(2)));
  }
}

// Parts computed twice leave out the same values both times.
TEST(LoraNetwork, CheckpointingGivesTheSameGradients) {
  const checkpoint::Checkpoint model = tiny_model("sd15");
  LoraNetwork lora({.dim = 3, .alpha = 3, .conv_dim = 2, .dropout = 0.2, .rank_dropout = 0.3, .module_dropout = 0.2},
                   model, 0);
  at::Generator generator = generator_for(1, Purpose::initial_weights, 0);
  for (const LoraModule& module : lora.modules()) {
    NoGrad guard;
    up_of(module).normal_(0, 0.05, generator);
  }
  lora.begin_batch(3, 4);
  const auto gradients = [&] {
    answer_of(model).square().mean().backward();
    std::vector<Tensor> found;
    for (const auto& [name, matrix] : lora.parameters()) {
      found.push_back(matrix.grad().defined() ? matrix.grad().clone() : Tensor());
      Tensor(matrix).mutable_grad().reset();
    }
    return found;
  };
  const std::vector<Tensor> plain = gradients();
  layers::set_checkpointing(true);
  const std::vector<Tensor> again = gradients();
  layers::set_checkpointing(false);
  for (size_t i = 0; i < plain.size(); ++i) {
    ASSERT_EQ(plain[i].defined(), again[i].defined());
    if (plain[i].defined() && plain[i].abs().max().item<float>() > 0) {
      EXPECT_LT(((plain[i] - again[i]).norm() / plain[i].norm()).item<double>(), 1e-4) << lora.parameters()[i].first;
    }
  }
}

TEST(LoraNetwork, RefusesWhatCannotBe) {
  const checkpoint::Checkpoint model = tiny_model("sd15");
  EXPECT_THROW(LoraNetwork({.dim = 0}, model, 0), Error);
  EXPECT_THROW(LoraNetwork({.alpha = -1}, model, 0), Error);
  EXPECT_THROW(LoraNetwork({.rank_dropout = 1}, model, 0), Error);
}

}  // namespace
}  // namespace darkroom::train
