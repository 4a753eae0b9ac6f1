#include "train/model_weights.h"

#include <gtest/gtest.h>

#include <cmath>

#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "layers/checkpointing.h"
#include "models/names.h"
#include "train/loop.h"
#include "train/lora_batch.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

const std::string kGoldenFolder = std::string(DARKROOM_TESTS_DIR) + "/golden/";

LoraTraining full_training(const std::string& optimizer, std::vector<std::string> arguments) {
  LoraTraining told = TrainingFolder().training();
  told.network_module = "none", told.network.dim = LoraTraining().network.dim, told.train_text_encoder = true;
  told.run.optimizer = optimizer, told.run.optimizer_args = std::move(arguments), told.run.learning_rate = 1e-4;
  told.run.max_grad_norm = 1, told.loss.min_snr_gamma = 5;
  return settled(told);
}

checkpoint::Checkpoint writable_model(const LoraTraining& told) {
  checkpoint::LoadOptions options;
  options.writable = true;
  return checkpoint::load_checkpoint(told.pretrained_model_name_or_path, options);
}

/// make_full_training.py's batch k.
LoraBatch reference_batch(const checkpoint::Checkpoint& model, int64_t k) {
  const models::ClipText& text = *model.text_encoders[0];
  LoraBatch batch;
  batch.latents = (at::sin(at::arange(2 * 4 * 8 * 8, at::kDouble) * 0.37) * 0.8).view({2, 4, 8, 8}).to(at::kFloat);
  batch.weight = at::ones({2});
  const Tensor ids = (at::arange(2 * 12, at::kLong).view({2, 12}) * 7 + k).remainder(90);
  batch.conditioning.context = text.normed(text.hidden_state(ids, 0));
  return batch;
}

LoraNoise reference_noise(int64_t k) {
  const Tensor noise =
      at::cos(at::arange(2 * 4 * 8 * 8, at::kDouble) * 0.3 + double(k)).view({2, 4, 8, 8}).to(at::kFloat);
  return {noise, noise, at::tensor({(97 * k + 17) % 1000, (211 * k + 730) % 1000})};
}

/// Keys' biases raise all scores of a query alike, and softmax takes that away: their gradients are rounding alone.
bool has_no_gradient(const std::string& name) {
  return name.ends_with("k_proj.bias");
}

/// make_full_training.py's run with our networks, loss, state and optimizer.
void expect_reference_run(const std::string& optimizer, std::vector<std::string> arguments) {
  const auto golden = formats::read_safetensors(kGoldenFolder + "full_training.safetensors");
  const LoraTraining told = full_training(optimizer, std::move(arguments));
  checkpoint::Checkpoint model = writable_model(told);
  const ModelWeights weights(told, model);
  TrainingState state(told.run, weights.groups().groups);
  const DenoisingTask task(told, model);
  const Tensor losses = checkpoint::tensor_view(golden.tensors.at(optimizer + ".losses"));
  for (int64_t k = 0; k < losses.numel(); ++k) {
    const Tensor loss = task.losses(reference_batch(model, k), reference_noise(k)).mean;
    EXPECT_NEAR(loss.item<double>() / losses[k].item<double>(), 1, 1e-5) << optimizer << ", step " << k;
    loss.backward();
    state.update(told.run.learning_rate);
  }
  size_t compared = 0;
  const auto compare = [&](const std::string& name, const Tensor& tensor) {
    const Tensor expected = checkpoint::tensor_view(golden.tensors.at(optimizer + "." + name));
    const int64_t step = std::max<int64_t>(1, (tensor.numel() + 63) / 64);
    const Tensor sampled = tensor.detach().contiguous().flatten().slice(0, 0, c10::nullopt, step);
    ++compared;
    if (has_no_gradient(name)) {
      EXPECT_LT((sampled - expected).abs().max().item<double>(), 10 * told.run.learning_rate) << name;
    } else {
      EXPECT_LT(((sampled - expected).norm() / expected.norm()).item<double>(), 1e-5) << optimizer << " " << name;
    }
  };
  for (const auto& [name, tensor] : model.unet->named_parameters())
    compare("unet." + models::diffusers_unet_name(name, model.unet->config), *tensor);
  for (const auto& [name, tensor] : model.text_encoders[0]->named_parameters())
    compare("text_encoder." + name, *tensor);
  EXPECT_EQ(compared, golden.tensors.size() / 2 - 1);  // two optimizers, each with its losses
}

// fine_tune.py's step with diffusers' UNet, transformers' text encoder, and each optimizer's own package, in float64.
TEST(ModelWeights, TenStepsOfAdamWAreThoseOfTheReference) {
  expect_reference_run("AdamW", {"weight_decay=0.01"});
}
TEST(ModelWeights, TenStepsOfAdafactorAreThoseOfTheReference) {
  expect_reference_run("Adafactor", {"scale_parameter=False", "relative_step=False", "warmup_init=False"});
}

/// Of the reference's first batch.
std::map<std::string, Tensor> gradients_in(const std::string& precision, bool checkpoints) {
  const LoraTraining told = full_training("AdamW", {});
  checkpoint::Checkpoint model = writable_model(told);
  const ModelWeights weights(told, model);
  layers::set_checkpointing(checkpoints);
  {
    const MixedPrecision mixed(precision);
    DenoisingTask(told, model).losses(reference_batch(model, 0), reference_noise(0)).mean.backward();
  }
  layers::set_checkpointing(false);
  std::map<std::string, Tensor> found;
  const TrainedGroups groups = weights.groups();
  for (const auto& [name, tensor] : groups.groups[0].parameters) found[name] = tensor.grad();
  return found;
}

void expect_near(const std::map<std::string, Tensor>& found, const std::map<std::string, Tensor>& expected,
                 double most) {
  EXPECT_GT(expected.size(), 300u);
  for (const auto& [name, gradient] : expected) {
    ASSERT_EQ(gradient.defined(), found.at(name).defined()) << name;
    if (!gradient.defined() || has_no_gradient(name)) continue;
    EXPECT_LT(((gradient - found.at(name)).norm() / gradient.norm()).item<double>(), most) << name;
  }
}

TEST(ModelWeights, CheckpointingChangesNoGradient) {
  // Either rounds in its own order, within 1e-5 of the exact gradient (lora_network_test holds them against that).
  expect_near(gradients_in("no", true), gradients_in("no", false), 2e-5);
  // In bf16 what the layers make of the context and of the timestep is summed in another order, and rounded each time.
  expect_near(gradients_in("bf16", true), gradients_in("bf16", false), 0x1p-4);
}

TEST(ModelWeights, Bf16RoundsGradientsAndNoMore) {
  const auto fp32 = gradients_in("no", false), bf16 = gradients_in("bf16", false);
  double difference = 0, all = 0;
  for (const auto& [name, gradient] : fp32) {
    if (!gradient.defined()) continue;
    difference += (gradient - bf16.at(name)).square().sum().item<double>();
    all += gradient.square().sum().item<double>();
  }
  EXPECT_GT(difference, 0);
  EXPECT_LT(std::sqrt(difference / all), 0.2);  // rounding each operation of this model to bf16 makes 0.08
}

// As a run on a processor without bf16 holds them: weights and gradients in bf16, computed with in fp32.
TEST(ModelWeights, HeldInBf16TheyAreTrainedAsFp32OnesOfTheSameValues) {
  const auto gradients = [](bool is_held) {
    LoraTraining told = full_training("AdamW", {});
    checkpoint::Checkpoint model = writable_model(told);
    {
      NoGrad guard;
      for (layers::Module* network :
           std::initializer_list<layers::Module*>{model.unet.get(), model.text_encoders[0].get()})
        for (auto& [name, tensor] : network->named_parameters())
          if (tensor->dim() > 1) tensor->copy_(tensor->to(at::kBFloat16));
    }
    if (is_held) told.run.weights_in = "bf16";
    const ModelWeights weights(told, model);
    const LoraBatch batch = reference_batch(model, 0);
    DenoisingTask(told, model).losses(batch, reference_noise(0)).mean.backward();
    std::map<std::string, Tensor> found;
    const TrainedGroups groups = weights.groups();
    for (const auto& [name, tensor] : groups.groups[0].parameters) {
      EXPECT_EQ(tensor.scalar_type(), is_held && tensor.dim() > 1 ? at::kBFloat16 : at::kFloat) << name;
      if (!tensor.grad().defined()) continue;
      EXPECT_EQ(tensor.grad().scalar_type(), tensor.scalar_type()) << name;
      found[name] = tensor.grad().to(at::kFloat);
    }
    return found;
  };
  expect_near(gradients(true), gradients(false), 0x1p-8);
}

TEST(ModelWeights, BlocksOfSdxlHaveTheRatesTheyAreTold) {
  LoraTraining told = full_training("AdamW", {});
  told.train_text_encoder = false, told.run.learning_rate = 1e-4;
  told.block_lr = "4e-5,0";
  for (int i = 2; i < 23; ++i) told.block_lr += i == 13 ? ",2e-5" : ",1e-5";
  told = settled(told);
  checkpoint::Checkpoint other = writable_model(told);
  EXPECT_EQ(formats::error_of([&] { ModelWeights(told, other); }).kind(), ErrorKind::invalid_request);
  told.pretrained_model_name_or_path = kGoldenFolder + "tiny/sdxl";
  checkpoint::Checkpoint model = writable_model(told);
  const TrainedGroups groups = ModelWeights(told, model).groups();
  const auto rate_of = [&](const std::string& part) {
    for (const TrainedGroups::Part& found : groups.parts)
      if (found.name == part) return groups.groups[found.group].rate_factor * told.run.learning_rate;
    return 0.0;
  };
  EXPECT_DOUBLE_EQ(rate_of("block0"), 4e-5);
  EXPECT_DOUBLE_EQ(rate_of("block1"), 0);
  EXPECT_DOUBLE_EQ(rate_of("block2"), 1e-5);
  EXPECT_DOUBLE_EQ(rate_of("block13"), 2e-5);
  EXPECT_DOUBLE_EQ(rate_of("block22"), 1e-5);
  EXPECT_EQ(groups.groups.size(), 3u) << "one for each rate";
  int64_t frozen = 0;
  for (const auto& [name, tensor] : model.unet->named_parameters()) {
    EXPECT_EQ(tensor->requires_grad(), !name.starts_with("input_blocks.0.")) << name;
    if (!tensor->requires_grad()) frozen += tensor->numel();
  }
  EXPECT_EQ(groups.parameter_count() + frozen, model.unet->parameter_count());
}

TEST(ModelWeights, EachTextEncoderOfSdxlHasItsRate) {
  LoraTraining told = full_training("AdamW", {});
  told.pretrained_model_name_or_path = kGoldenFolder + "tiny/sdxl";
  told.learning_rate_te1 = 2e-5, told.learning_rate_te2 = 1e-5;
  told = settled(told);
  checkpoint::Checkpoint model = writable_model(told);
  const TrainedGroups both = ModelWeights(told, model).groups();
  ASSERT_EQ(both.parts.size(), 3u);
  const std::pair<const char*, double> expected[] = {{"unet", 1e-4}, {"text_encoder1", 2e-5}, {"text_encoder2", 1e-5}};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(both.parts[i].name, expected[i].first);
    EXPECT_DOUBLE_EQ(both.groups[both.parts[i].group].rate_factor * told.run.learning_rate, expected[i].second);
  }
  told.learning_rate_te2 = 0;
  told = settled(told);
  checkpoint::Checkpoint other = writable_model(told);
  EXPECT_EQ(ModelWeights(told, other).groups().parts.size(), 2u);
  EXPECT_TRUE(other.text_encoders[0]->named_parameters()[0].second->requires_grad());
  EXPECT_FALSE(other.text_encoders[1]->named_parameters()[0].second->requires_grad());
}

TEST(ModelWeights, OnlyWhatIsToldIsTrained) {
  LoraTraining told = full_training("AdamW", {});
  told.train_text_encoder = false;
  told = settled(told);
  checkpoint::Checkpoint model = writable_model(told);
  const TrainedGroups unet = ModelWeights(told, model).groups();
  ASSERT_EQ(unet.parts.size(), 1u);
  EXPECT_EQ(unet.parts[0].name, "unet");
  EXPECT_EQ(unet.parameter_count(), model.unet->parameter_count());
  EXPECT_FALSE(model.text_encoders[0]->named_parameters()[0].second->requires_grad());
  EXPECT_FALSE(model.vae->named_parameters()[0].second->requires_grad());
}

TEST(ModelWeights, TheFileIsACheckpointInTheOriginalLayout) {
  const formats::TemporaryFolder folder;
  for (const char* name : {"sd15", "sd21", "sdxl"}) {
    LoraTraining told = full_training("AdamW", {});
    told.pretrained_model_name_or_path = kGoldenFolder + "tiny/" + name;
    checkpoint::Checkpoint model = writable_model(told);
    const ModelWeights weights(told, model);
    weights.save(folder / "model.safetensors", at::kFloat, {{"ss_steps", "7"}});
    const auto file = formats::read_safetensors(folder / "model.safetensors");
    EXPECT_EQ(file.metadata.at("ss_steps"), "7");
    EXPECT_TRUE(file.tensors.contains("model.diffusion_model.input_blocks.0.0.weight"));
    EXPECT_TRUE(file.tensors.contains("first_stage_model.decoder.conv_in.weight"));
    const checkpoint::Checkpoint again = checkpoint::load_checkpoint(folder / "model.safetensors");
    EXPECT_EQ(again.description.family, model.description.family);
    EXPECT_EQ(again.description.prediction, model.description.prediction);
    const auto ours = model.unet->named_parameters(), theirs = again.unet->named_parameters();
    for (size_t i = 0; i < ours.size(); ++i) EXPECT_TRUE(ours[i].second->equal(*theirs[i].second)) << ours[i].first;
  }
}

TEST(ModelWeights, WhatFp16CannotHoldIsNotWritten) {
  const formats::TemporaryFolder folder;
  const LoraTraining told = full_training("AdamW", {});
  checkpoint::Checkpoint model = writable_model(told);
  const ModelWeights weights(told, model);
  {
    NoGrad guard;
    model.unet->named_parameters()[3].second->view(-1)[0] = 70000;
  }
  const Error error = formats::error_of([&] { weights.save(folder / "model.safetensors", at::kHalf, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
  EXPECT_NE(std::string(error.what()).find(model.unet->named_parameters()[3].first), std::string::npos) << error.what();
  EXPECT_EQ(folder.files(), 0u);
  EXPECT_NO_THROW(weights.save(folder / "model.safetensors", at::kBFloat16, {}));
}

}  // namespace
}  // namespace darkroom::train
