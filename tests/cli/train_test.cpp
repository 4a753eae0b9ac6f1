// darkroom train from outside: a run from a file of options, stopped by a signal, continued by the same command.
#include <gtest/gtest.h>

#include "support/run_program.h"
#include "train/tiny_dataset.h"

namespace darkroom::cli {
namespace {

std::string options(int steps) {
  return "kind = \"vae\"\ndataset = \".\"\noutput_dir = \"run\"\nsteps = " + std::to_string(steps) +
         "\nbatch_size = 2\nwarmup_steps = 1\ncrop = 32\nchannels = [4, 8, 8, 8]\n";
}

TEST(Train, MakesAModelAndKeepsTheOptionsOnRecord) {
  const train::TinyDataset data;
  data.add_file("vae.toml", options(2));
  const ProgramResult result = run_program({"train", "vae.toml"}, data.folder());
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_TRUE(std::filesystem::exists(data.folder() / "run/vae/diffusion_pytorch_model.safetensors"));
  const std::string record = formats::content_of(data.folder() / "run/options.toml");
  for (const char* line : {"crop = 32", "beta1 = 0.9", "weight_decay = 0.01"})
    EXPECT_NE(record.find(line), std::string::npos) << line << " is not in\n" << record;
}

TEST(Train, StoppedByASignalItSavesAndTheSameCommandContinues) {
  const train::TinyDataset data;
  data.add_file("vae.toml", options(100000));
  // The record of the options is written once the program listens to signals.
  const ProgramResult stopped = run_program({"train", "vae.toml"}, data.folder(),
                                            "(until [ -s run/options.toml ]; do sleep 0.1; done; kill -INT $$) &");
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_NE(stopped.err.find("its state is saved, the same command continues"), std::string::npos) << stopped.err;
  ASSERT_TRUE(std::filesystem::exists(data.folder() / "run/state.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(data.folder() / "run/vae"));
  // Fewer steps than are done: the continued run has only its model to write.
  data.add_file("vae.toml", options(1));
  const ProgramResult continued = run_program({"train", "vae.toml", "--quiet"}, data.folder());
  EXPECT_EQ(continued.code, 0) << continued.err;
  EXPECT_EQ(continued.out + continued.err, "");
  EXPECT_TRUE(std::filesystem::exists(data.folder() / "run/vae/diffusion_pytorch_model.safetensors"));
}

TEST(Train, RefusesOptionsItDoesNotKnow) {
  const train::TinyDataset data;
  data.add_file("vae.toml", options(1) + "stepps = 3\n");
  const ProgramResult unknown = run_program({"train", "vae.toml"}, data.folder());
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("stepps"), std::string::npos) << unknown.err;
  EXPECT_EQ(run_program({"train", "nowhere.toml"}, data.folder()).code, 3);
  EXPECT_EQ(run_program({"train"}, data.folder()).code, 2);
  EXPECT_FALSE(std::filesystem::exists(data.folder() / "run"));
}

}  // namespace
}  // namespace darkroom::cli
