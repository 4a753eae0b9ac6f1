#include "train/config.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

Error error_of(const std::string& toml) {
  const TinyDataset data;
  try {
    read_training_config(data.add_file("run.toml", toml));
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "accepted: " << toml;
  return {ErrorKind::internal, ""};
}

TEST(TrainingConfig, ReadsOptionsAndKeepsDefaults) {
  const TinyDataset data;
  Training training = read_training_config(data.add_file(
      "run.toml",
      "kind = \"vae\"\noutput_dir = \"out\"\ndataset = \"/d\"\nlearning_rate = 1\nchannels = [8, 16]\nseed = 7\n"));
  const auto& vae = std::get<VaeTraining>(training);
  EXPECT_EQ(vae.run.output_dir, data.folder() / "out");  // relative to the file
  EXPECT_EQ(vae.dataset, "/d");
  EXPECT_EQ(vae.run.learning_rate, 1.0);
  EXPECT_EQ(vae.channels, (std::vector<int64_t>{8, 16}));
  EXPECT_EQ(vae.run.seed, 7u);
  EXPECT_EQ(vae.crop, VaeTraining{}.crop);
}

TEST(TrainingConfig, ResolvedOptionsReadBackToTheSame) {
  const TinyDataset data;
  for (const char* kind : {"vae", "diffusion"}) {
    const Training first = read_training_config(data.add_file(
        "a.toml", std::string("kind = \"") + kind + "\"\noutput_dir = \"/o\"\nsteps = 77\nema_decay = 0.5\n"));
    const std::string resolved = resolved_toml(first);
    EXPECT_NE(resolved.find("steps = 77"), std::string::npos);
    EXPECT_NE(resolved.find("beta2 = 0.999"), std::string::npos) << "defaults are on record too";
    EXPECT_EQ(resolved_toml(read_training_config(data.add_file("b.toml", resolved))), resolved);
  }
}

TEST(TrainingConfig, OptionsOfAnotherOptimizerAreNotIgnored) {
  const TinyDataset data;
  const std::string start = "kind = \"vae\"\noutput_dir = \"/o\"\noptimizer = \"Prodigy\"\n";
  Training training =
      read_training_config(data.add_file("p.toml", start + "optimizer_args = [\"d_coef=2\", \"betas=0.9,0.99\"]\n"));
  EXPECT_EQ(run_config(training).optimizer_args, (std::vector<std::string>{"d_coef=2", "betas=0.9,0.99"}));
  const std::string resolved = resolved_toml(training);
  EXPECT_EQ(resolved.find("beta1"), std::string::npos);
  EXPECT_EQ(resolved_toml(read_training_config(data.add_file("q.toml", resolved))), resolved);
  EXPECT_EQ(error_of(start + "beta1 = 0.9\n").kind(), ErrorKind::invalid_request);
  EXPECT_EQ(error_of(start + "optimizer_args = \"d_coef=2\"\n").kind(), ErrorKind::invalid_request);
  EXPECT_EQ(error_of("kind = \"vae\"\noutput_dir = \"/o\"\noptimizer_args = [\"eps=1\"]\n").kind(),
            ErrorKind::invalid_request)
      << "AdamW's are options of their own";
}

TEST(TrainingConfig, UnknownOptionsAreNamedWithTheKnownOnes) {
  const Error error = error_of("kind = \"vae\"\noutput_dir = \"o\"\nlearning_rat = 1.0\n");
  EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
  EXPECT_NE(std::string(error.what()).find("\"learning_rat\""), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("learning_rate"), std::string::npos) << error.what();
}

TEST(TrainingConfig, BadValuesAreRefused) {
  const std::string start = "kind = \"vae\"\noutput_dir = \"o\"\n";
  for (const char* line : {"steps = 0", "steps = \"many\"", "steps = 1.5", "batch_size = 0", "learning_rate = 0.0",
                           "learning_rate = \"fast\"", "mixed_precision = \"fp8\"", "ema_decay = 1.0", "channels = []",
                           "channels = [1.5]", "seed = -1", "save_every_n_steps = 0"}) {
    EXPECT_EQ(error_of(start + line).kind(), ErrorKind::invalid_request) << line;
  }
  EXPECT_EQ(error_of("kind = \"lora\"").kind(), ErrorKind::invalid_request);
  EXPECT_EQ(error_of("kind = \"vae\"").kind(), ErrorKind::invalid_request) << "no output_dir";
  EXPECT_EQ(error_of("kind = ").kind(), ErrorKind::invalid_request) << "not TOML";
}

TEST(TrainingConfig, AMissingFileIsNotFound) {
  EXPECT_THROW(
      {
        try {
          read_training_config("/nowhere/run.toml");
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::not_found);
          throw;
        }
      },
      Error);
}

}  // namespace
}  // namespace darkroom::train
