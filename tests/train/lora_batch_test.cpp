#include "train/lora_batch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "formats/support.h"
#include "layers/checkpointing.h"
#include "train/loop.h"
#include "train/lora_groups.h"
#include "train/random.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

const std::string kGoldenFolder = std::string(DARKROOM_TESTS_DIR) + "/golden/";

struct ReferenceRun {
  const char* optimizer;
  double rate;
  std::vector<std::string> arguments;
};

constexpr double kStep = 1e-4;  // of the optimizers below: their rate, Prodigy's d0

/// Elements whose gradient is less than 1e-4 of what is usual in their matrix: of its digits those that fp32 keeps are
/// few, and Adam, which divides a gradient by its own size, makes a step of them all the same.
Tensor rests_of_sums(const Tensor& gradient) {
  return gradient.abs() < 1e-4 * gradient.norm() / std::sqrt(double(gradient.numel()));
}

/// make_lora_steps.py's run with our network, task, state and optimizer: the largest relative error of a matrix. The
/// few elements whose first gradient is but a rest of its sum are held to 3 % of a step instead.
double largest_error(const ReferenceRun& reference) {
  const auto golden = formats::read_safetensors(kGoldenFolder + "lora_steps.safetensors");
  const auto training = formats::read_safetensors(kGoldenFolder + "lora_training.safetensors");
  const std::string name = reference.optimizer;
  LoraTraining told = TrainingFolder().training();
  told.run.optimizer = name, told.run.learning_rate = reference.rate, told.run.optimizer_args = reference.arguments;
  told.network_train_unet_only = true, told.loss.min_snr_gamma = 5, told.run.max_grad_norm = 1;
  told = settled(told);
  const checkpoint::Checkpoint model = checkpoint::load_checkpoint(told.pretrained_model_name_or_path);
  LoraNetwork network(told.network, model, 0);
  std::vector<const LoraModule*> modules;
  for (const LoraModule& module : network.modules()) modules.push_back(&module);
  std::sort(modules.begin(), modules.end(), [](auto a, auto b) { return a->name < b->name; });
  for (size_t i = 0; i < modules.size(); ++i) {
    NoGrad guard;
    for (const int k : {0, 1}) {
      const Tensor matrix = modules[i]->change->matrices()[size_t(k)].second;
      const Tensor values = at::sin(at::arange(matrix.numel(), at::kDouble) * 0.1 + double(2 * i) + k) * 0.05;
      Tensor(matrix).copy_(values.view(matrix.sizes()));
    }
  }
  TrainingState state(told.run, lora_groups(told, network).groups);
  const DenoisingTask task(told, model);
  const models::ClipText& text = *model.text_encoders[0];
  LoraBatch batch;
  const Tensor j = at::arange(2 * 4 * 8 * 8, at::kDouble).view({2, 4, 8, 8});
  batch.latents = (at::sin(j * 0.37) * 0.8).to(at::kFloat);
  batch.weight = at::ones({2});
  batch.conditioning.context =
      text.normed(text.hidden_state(checkpoint::tensor_view(training.tensors.at("ids")), 0)).detach();
  const Tensor losses = checkpoint::tensor_view(golden.tensors.at(name + ".losses"));
  std::map<std::string, Tensor> rests;
  for (int64_t k = 0; k < losses.numel(); ++k) {
    const Tensor noise = at::cos(j * 0.3 + double(k)).to(at::kFloat);
    const Tensor t = at::tensor({(97 * k + 17) % 1000, (211 * k + 730) % 1000});
    const Tensor loss = task.losses(batch, {noise, noise, t}).mean;
    EXPECT_NEAR(loss.item<double>() / losses[k].item<double>(), 1, 1e-5) << name << ", step " << k;
    loss.backward();
    if (k == 0) {
      for (const LoraModule* module : modules)
        for (const auto& [part, matrix] : module->change->matrices())
          rests[module->name + "." + part] = rests_of_sums(matrix.grad());
    }
    state.update(reference.rate);
  }
  double largest = 0;
  int64_t elements = 0, rest_count = 0;
  for (const LoraModule* module : modules) {
    for (const auto& [part, matrix] : module->change->matrices()) {
      const Tensor expected = checkpoint::tensor_view(golden.tensors.at(name + "." + module->name + "." + part));
      const Tensor error = matrix.detach() - expected, rest = rests.at(module->name + "." + part);
      largest = std::max(largest, (error.masked_fill(rest, 0).norm() / expected.norm()).item<double>());
      EXPECT_LT((error * rest).abs().max().item<double>(), kStep * 0.03) << module->name << "." << part;
      elements += rest.numel(), rest_count += rest.sum().item<int64_t>();
    }
  }
  EXPECT_LT(double(rest_count), 0.002 * double(elements)) << "few";
  return largest;
}

// sd-scripts' LoRAModule and loss weights, diffusers' UNet and each optimizer's own package, in float64.
TEST(LoraBatch, TenStepsOfAdamWAreThoseOfTheReference) {
  EXPECT_LT(largest_error({"AdamW", 1e-4, {"weight_decay=0.01"}}), 1e-5);
}
TEST(LoraBatch, TenStepsOfLionAreThoseOfTheReference) {
  EXPECT_LT(largest_error({"Lion", 1e-4, {"weight_decay=0.01"}}), 1e-5);
}
TEST(LoraBatch, TenStepsOfAdafactorAreThoseOfTheReference) {
  EXPECT_LT(largest_error({"Adafactor", 1e-4, {"scale_parameter=False", "relative_step=False", "warmup_init=False"}}),
            1e-5);
}
TEST(LoraBatch, TenStepsOfProdigyAreThoseOfTheReference) {
  EXPECT_LT(largest_error({"Prodigy", 1, {"d0=1e-4", "weight_decay=0.01", "use_bias_correction=True"}}), 1e-5);
}

// A cast of a matrix that was made where no gradients are recorded must not be used where they are.
TEST(LoraBatch, CheckpointedInBf16EveryMatrixHasAGradient) {
  const LoraTraining told = settled(TrainingFolder().training());
  const checkpoint::Checkpoint model = checkpoint::load_checkpoint(told.pretrained_model_name_or_path);
  LoraNetwork network(told.network, model, 0);
  const models::ClipText& text = *model.text_encoders[0];
  layers::set_checkpointing(true);
  {
    const MixedPrecision mixed("bf16");
    LoraBatch batch;
    batch.latents = at::sin(at::arange(2 * 4 * 8 * 8, at::kFloat)).view({2, 4, 8, 8});
    batch.weight = at::ones({2});
    batch.conditioning.context = text.normed(text.hidden_state(at::zeros({2, 77}, at::kLong), 0));
    const Tensor eps = at::cos(batch.latents * 7);
    DenoisingTask(told, model).losses(batch, {eps, eps, at::tensor({int64_t(100), int64_t(500)})}).mean.backward();
  }
  layers::set_checkpointing(false);
  const NamedTensors matrices = network.parameters();
  EXPECT_GT(matrices.size(), 50u);
  for (const auto& [name, matrix] : matrices) EXPECT_TRUE(matrix.grad().defined()) << name;
}

struct Task {
  explicit Task(const LoraTraining& told, const std::string& model_name = "sd15")
      : options(told), model(checkpoint::load_checkpoint(kGoldenFolder + "tiny/" + model_name)), task(options, model) {}
  LoraTraining options;
  checkpoint::Checkpoint model;
  DenoisingTask task;
};

TEST(LoraBatch, TimestepsKeepToTheirRange) {
  LoraTraining told;
  told.min_timestep = 300, told.max_timestep = 310;
  const Task range(told);
  at::Generator draws = generator_for(0, Purpose::batch, 0);
  const LoraNoise noise = range.task.noise_for(at::zeros({500, 4, 2, 2}), draws);
  EXPECT_EQ(noise.timestep.min().item<int64_t>(), 300);
  EXPECT_EQ(noise.timestep.max().item<int64_t>(), 309);
  EXPECT_TRUE(noise.added.equal(noise.noise));
  told.min_timestep = told.max_timestep = 1000;
  const Task last(told);
  EXPECT_EQ(last.task.noise_for(at::zeros({3, 4, 2, 2}), draws).timestep.min().item<int64_t>(), 999);
}

TEST(LoraBatch, InputPerturbationIsNotPartOfTheTarget) {
  LoraTraining told;
  told.ip_noise_gamma = 0.1;
  const Task task(told);
  at::Generator draws = generator_for(0, Purpose::batch, 0);
  const LoraNoise noise = task.task.noise_for(at::zeros({16, 4, 16, 16}), draws);
  EXPECT_NEAR((noise.added - noise.noise).std().item<double>(), 0.1, 0.002);
}

TEST(LoraBatch, MasksAndWeightsScaleTheLoss) {
  NoGrad guard;
  const Task task(LoraTraining{});
  const models::ClipText& text = *task.model.text_encoders[0];
  LoraBatch batch;
  batch.latents = at::sin(at::arange(2 * 4 * 8 * 8, at::kFloat)).view({2, 4, 8, 8});
  batch.weight = at::ones({2});
  batch.conditioning.context = text.normed(text.hidden_state(at::zeros({2, 77}, at::kLong), 0));
  const Tensor eps = at::cos(batch.latents * 7);
  const LoraNoise noise{eps, eps, at::tensor({int64_t(100), int64_t(500)})};
  const auto whole = task.task.losses(batch, noise);
  batch.mask = at::zeros({2, 1, 8, 8});
  EXPECT_EQ(task.task.losses(batch, noise).mean.item<float>(), 0);
  batch.mask = Tensor();
  batch.weight = at::tensor({0.0f, 2.0f});
  EXPECT_NEAR(task.task.losses(batch, noise).mean.item<float>(), whole.per_picture[1].item<float>(), 1e-5);
}

TEST(LoraBatch, WhatDoesNotFitTheModelIsRefused) {
  LoraTraining told;
  told.v_parameterization = true;
  EXPECT_EQ(formats::error_of([&] { Task task(told); }).kind(), ErrorKind::invalid_request);
  LoraTraining v_only;
  v_only.loss.scale_v_pred_loss_like_noise_pred = true;
  EXPECT_NO_THROW(Task(v_only, "sd21"));
  EXPECT_EQ(formats::error_of([&] { Task task(v_only); }).kind(), ErrorKind::invalid_request);
}

}  // namespace
}  // namespace darkroom::train
