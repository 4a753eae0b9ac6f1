// Pictures that are held back, in whole runs of a tiny model.
#include "train/validation.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "train/config.h"
#include "train/run.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

using formats::content_of;

void run(const Training& training) {
  run_training(training, ignore_progress);
}

/// What log.csv says of it, row by row.
std::vector<std::string> validation_losses(const std::filesystem::path& run) {
  std::vector<std::string> found;
  std::istringstream log(content_of(run / "log.csv"));
  for (std::string line; std::getline(log, line);)
    if (const size_t name = line.find(",validation_loss,"); name != line.npos)
      found.push_back(line.substr(0, line.find(',')) + line.substr(line.rfind(',')));
  return found;
}

TEST(Validation, ComesWhenItIsTold) {
  const TrainingFolder folder;
  folder.add("10_sks disc/d.png", 32, 32, {255, 255, 0}, "a yellow disc");
  folder.add("10_sks disc/e.png", 32, 32, {0, 255, 255}, "a cyan disc");
  folder.add("2_square/f.png", 32, 32, {255, 255, 255}, "a white square");
  const auto losses = [&](const std::string& name, void (*change)(LoraTraining&)) {
    LoraTraining told = folder.training(name);
    told.max_train_epochs = 3, told.validation_split = 0.5, told.run.batch_size = 4;
    change(told);
    run(settled(told));
    return validation_losses(folder / name);
  };
  const auto each = losses("each", [](LoraTraining&) {});
  EXPECT_EQ(each.size(), 3u);
  const auto second = losses("second", [](LoraTraining& t) { t.validate_every_n_epochs = 2; });
  EXPECT_EQ(second, std::vector<std::string>{each[1]});
  const auto both =
      losses("both", [](LoraTraining& t) { t.validate_every_n_epochs = 3, t.validate_every_n_steps = 2; });
  EXPECT_GT(both.size(), 3u);
  EXPECT_EQ(both.back(), each[2]);
  const auto few = losses("few", [](LoraTraining& t) { t.max_validation_steps = 1, t.run.batch_size = 1; });
  const auto all = losses("all", [](LoraTraining& t) { t.max_validation_steps = 3, t.run.batch_size = 1; });
  const auto plain = losses("plain", [](LoraTraining& t) { t.run.batch_size = 1; });
  EXPECT_EQ(all, plain) << "three pictures are held back";
  EXPECT_NE(few, plain);
}

TEST(Validation, IsOfTheTimestepsThatAreTrainedAndMeasuresTriggerWords) {
  const TrainingFolder folder;
  const auto measured = [&](const std::string& output, const std::function<void(LoraTraining&)>& change) {
    LoraTraining told = folder.training(output);
    told.run.steps = 1, told.run.learning_rate = 1e-9, told.validation_split = 0.4, told.validate_every_n_steps = 1;
    change(told);
    run(settled(told));
    return validation_losses(folder / output).at(0);
  };
  const std::string plain = measured("plain", [](LoraTraining&) {});
  EXPECT_NE(measured("prefix", [](LoraTraining& told) { told.captions.prefix = "sks style,"; }), plain);
  EXPECT_NE(measured("late", [](LoraTraining& told) { told.min_timestep = 600; }), plain);
  EXPECT_EQ(measured("shuffled", [](LoraTraining& told) { told.captions.dropout_rate = 0.5; }), plain);
}

}  // namespace
}  // namespace darkroom::train
