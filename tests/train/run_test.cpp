// Whole trainings on tiny networks: they learn, they resume to the bit, their models load.
#include "train/run.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/error.h"
#include "checkpoint/load.h"
#include "formats/safetensors.h"
#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

std::string bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

VaeTraining tiny_vae(const TinyDataset& data, const char* output) {
  VaeTraining training;
  training.dataset = data.folder();
  training.run.output_dir = data.folder() / output;
  training.run.steps = 6, training.run.batch_size = 2, training.run.warmup_steps = 1;
  training.run.save_every_n_steps = 2, training.validate_every_n_steps = 3, training.run.log_every_n_steps = 1;
  training.channels = {4, 8, 8, 8}, training.crop = 32;
  return training;
}

DiffusionTraining tiny_diffusion(const TinyDataset& data, const char* output) {
  DiffusionTraining training;
  training.dataset = data.folder();
  training.vae = data.folder() / "vae_run/vae";
  training.tokenizer = data.folder() / "tokenizer";
  training.run.output_dir = data.folder() / output;
  training.run.steps = 6, training.run.batch_size = 3, training.run.warmup_steps = 1;
  training.channels = {16, 32}, training.depth = {0, 1}, training.head_width = 16;
  training.text_width = 16, training.text_layers = 1, training.text_heads = 2;
  training.caption_tokens = 12, training.full_length_share = 0.5;
  return training;
}

/// Runs with a stop after `step` steps, then again to the end.
void run_with_a_stop(const Training& training, int step) {
  const auto stop = [&](const ProgressEvent& event) {
    require(event.stage != "training" || event.step < step, ErrorKind::cancelled, "stop");
  };
  try {
    run_training(training, stop);
    FAIL() << "did not stop";
  } catch (const Error& error) {
    ASSERT_EQ(error.kind(), ErrorKind::cancelled);
  }
  run_training(training, ignore_progress);
}

std::vector<double> losses(const std::filesystem::path& log) {
  std::ifstream in(log);
  std::vector<double> values;
  for (std::string line; std::getline(in, line);) {
    const auto name = line.find(",loss,");
    if (name != std::string::npos) values.push_back(std::stod(line.substr(name + 6)));
  }
  return values;
}

TEST(TrainingRun, VaeResumesToTheBitAndItsFolderLoads) {
  const TinyDataset data;
  run_training(tiny_vae(data, "whole"), ignore_progress);
  run_with_a_stop(tiny_vae(data, "stopped"), 3);
  const std::string whole = bytes(data.folder() / "whole/vae/diffusion_pytorch_model.safetensors");
  EXPECT_GT(whole.size(), 1000u);
  EXPECT_EQ(whole, bytes(data.folder() / "stopped/vae/diffusion_pytorch_model.safetensors"));
  const auto vae = checkpoint::load_vae(data.folder() / "whole/vae", 1.0);
  EXPECT_EQ(vae->config.channels, (std::vector<int64_t>{4, 8, 8, 8}));
  EXPECT_GT(vae->config.scale, 0);
  EXPECT_NE(vae->config.scale, 1.0);
  EXPECT_EQ(losses(data.folder() / "stopped/log.csv"), losses(data.folder() / "whole/log.csv"));
}

TEST(TrainingRun, VaeLearnsItsTwoPictures) {
  const TinyDataset data;
  VaeTraining training = tiny_vae(data, "longer");
  training.run.steps = 200, training.run.learning_rate = 5e-3, training.channels = {8, 16, 16, 16};
  run_training(training, ignore_progress);
  const auto values = losses(training.run.output_dir / "log.csv");
  ASSERT_EQ(values.size(), 200u);
  double first = 0, last = 0;
  for (int i = 0; i < 10; ++i) first += values[i], last += values[190 + i];
  EXPECT_LT(last, 0.85 * first);  // 0.78: four numbers per 8x8 pixels, and every step has colours of its own
}

TEST(TrainingRun, DiffusionResumesToTheBitAndItsFolderIsAModel) {
  const TinyDataset data;
  run_training(tiny_vae(data, "vae_run"), ignore_progress);
  run_training(tiny_diffusion(data, "whole"), ignore_progress);
  run_with_a_stop(tiny_diffusion(data, "stopped"), 2);
  for (const char* file : {"unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"}) {
    const std::string whole = bytes(data.folder() / "whole/model" / file);
    EXPECT_GT(whole.size(), 1000u) << file;
    EXPECT_EQ(whole, bytes(data.folder() / "stopped/model" / file)) << file;
  }
  const auto model = checkpoint::load_checkpoint(data.folder() / "whole/model");
  EXPECT_EQ(model.description.prediction, checkpoint::Prediction::v);
  EXPECT_EQ(model.description.recommended.width, 32);
  EXPECT_EQ(model.unet->config.heads, (std::vector<int64_t>{1, 2}));
}

TEST(TrainingRun, Bf16IsTrainedAndSaidToBeReplacedWhereTheCpuHasNone) {
  const TinyDataset data;
  VaeTraining training = tiny_vae(data, "bf16");
  training.run.mixed_precision = "bf16";
  run_training(training, ignore_progress);
  EXPECT_EQ(losses(training.run.output_dir / "log.csv").size(), 6u);
}

TEST(TrainingRun, AFinishedRunOnlyWritesItsModelAgain) {
  const TinyDataset data;
  run_training(tiny_vae(data, "again"), ignore_progress);
  const auto file = data.folder() / "again/vae/diffusion_pytorch_model.safetensors";
  const std::string before = bytes(file);
  std::filesystem::remove(file);
  run_training(tiny_vae(data, "again"), ignore_progress);
  EXPECT_EQ(bytes(file), before);
}

}  // namespace
}  // namespace darkroom::train
