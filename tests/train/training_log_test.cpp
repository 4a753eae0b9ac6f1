#include "train/training_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

std::vector<std::string> lines(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

TEST(TrainingLog, WritesOneRowPerValueAndDropsRowsOfStepsDoneAgain) {
  const TinyDataset data;
  {
    TrainingLog log(data.folder(), 0, 10, ignore_progress);
    log.add(1, {{"loss", 0.5}, {"rate", 1e-4}});
    log.add(2, {{"loss", 0.25}});
  }
  TrainingLog resumed(data.folder(), 1, 10, ignore_progress);
  resumed.add(2, {{"loss", 0.125}});
  const auto rows = lines(data.folder() / "log.csv");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0], "step,seconds,name,value");
  EXPECT_EQ(rows[1].substr(0, 2), "1,");
  EXPECT_NE(rows[2].find(",rate,0.0001"), std::string::npos) << rows[2];
  EXPECT_NE(rows[3].find(",loss,0.125"), std::string::npos) << rows[3];
}

TEST(TrainingLog, KeepsWhatHappenedBeforeARunWentOn) {
  const TinyDataset data;
  std::vector<std::string> heard;
  {
    TrainingLog log(data.folder(), 0, 10, ignore_progress);
    log.on_note([&](const TrainingEvent& event) { heard.push_back(event.words); });
    log.note({5, "state", "State saved"});
  }
  TrainingLog resumed(data.folder(), 3, 10, ignore_progress);
  resumed.note({3, "start", "Goes on, with commas"});
  const auto rows = lines(data.folder() / "events.csv");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], "time,step,kind,words");
  EXPECT_NE(rows[1].find(",5,state,State saved"), std::string::npos) << rows[1];
  EXPECT_NE(rows[2].find(",3,start,Goes on, with commas"), std::string::npos) << rows[2];
  EXPECT_GT(std::stoll(rows[1]), 1700000000);
  EXPECT_EQ(heard, std::vector<std::string>{"State saved"});
}

TEST(TrainingLog, ReportsToTheWatcher) {
  const TinyDataset data;
  ProgressEvent seen;
  TrainingLog log(data.folder(), 0, 10, [&](const ProgressEvent& event) { seen = event; });
  log.report("training", 3, "loss 1");
  EXPECT_EQ(seen.stage, "training");
  EXPECT_EQ(seen.step, 3);
  EXPECT_EQ(seen.total, 10);
  EXPECT_EQ(seen.note, "loss 1");
}

}  // namespace
}  // namespace darkroom::train
