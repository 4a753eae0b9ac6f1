#include "server/training/runs.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/support.h"

namespace darkroom::server {
namespace {

struct RunBench {
  formats::TemporaryFolder folder;
  Runs runs{folder / "runs"};
};

TEST(Runs, DraftsAreKept) {
  RunBench bench;
  bench.runs.add("one", {.options = {{"network_dim", {"8"}}, {"optimizer_args", {"a=1", "b=2"}}}, .dataset = "dogs"});
  EXPECT_EQ(bench.runs.names(), std::vector<std::string>{"one"});
  RunDraft draft = bench.runs.draft("one");
  EXPECT_EQ(draft.options.at("optimizer_args"), (std::vector<std::string>{"a=1", "b=2"}));
  draft.prompts = "a dog\na cat", draft.job = "x";
  bench.runs.save("one", draft);
  EXPECT_EQ(bench.runs.draft("one").prompts, "a dog\na cat");
  EXPECT_FALSE(bench.runs.recorded("one").has_value()) << "not begun";
  EXPECT_THROW(bench.runs.add("one", {}), Error) << "the name is taken";
  formats::put(bench.folder / "runs/one/draft.json", "{\"options\": 3}");
  EXPECT_THROW(bench.runs.draft("one"), Error);
}

TEST(Runs, NamesAreNoPaths) {
  RunBench bench;
  for (const char* name : {"", "..", ".x", "a/b", "../a", "a b", "ä"}) {
    EXPECT_THROW(bench.runs.add(name, {}), Error) << name;
    EXPECT_THROW(bench.runs.path(name), Error) << name;
  }
  bench.runs.add("one", {});
  std::filesystem::create_directories(bench.folder / "runs/one/sample");
  formats::put(bench.folder / "runs/one/sample/x_000000_00_5.png", "x");
  formats::put(bench.folder / "secret.png", "x");
  EXPECT_NO_THROW(bench.runs.sample_file("one", "x_000000_00_5.png"));
  EXPECT_THROW(bench.runs.sample_file("one", "../../../secret.png"), Error);
  EXPECT_THROW(bench.runs.sample_file("..", "secret.png"), Error);
  EXPECT_THROW(bench.runs.sample_file("one", "none.png"), Error);
}

TEST(Runs, CurvesAreReadRowByRow) {
  RunBench bench;
  bench.runs.add("one", {});
  formats::put(bench.folder / "runs/one/log.csv",
               "step,seconds,name,value\n1,0.1,loss,0.5\n1,0.1,learning_rate,0.001\n2,0.2,loss,0.25\n3,0.3,loss,"
               "no\nx\n4,0.4,lo");
  const auto all = bench.runs.series("one", -1);
  EXPECT_EQ(all.at("loss").steps, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(all.at("loss").values, (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(all.at("learning_rate").values, std::vector<double>{0.001});
  EXPECT_FALSE(all.contains("lo")) << "half a line";
  EXPECT_EQ(bench.runs.series("one", 1).at("loss").steps, std::vector<int64_t>{2});
}

TEST(Runs, EventsAreReadAsTheTrainerWroteThem) {
  RunBench bench;
  bench.runs.add("one", {});
  EXPECT_TRUE(bench.runs.events("one", 10).empty());
  formats::put(bench.folder / "runs/one/events.csv",
               "time,step,kind,words\n1700000000,0,start,Started\nrubbish\n1700000060,5,warning,high, but \"as told\"\n"
               "1700000061,6,state,half a li");
  const auto events = bench.runs.events("one", 10);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].time, 1700000060);
  EXPECT_EQ(events[1].step, 5);
  EXPECT_EQ(events[1].kind, "warning");
  EXPECT_EQ(events[1].words, "high, but \"as told\"");
  ASSERT_EQ(bench.runs.events("one", 1).size(), 1u) << "the newest";
  EXPECT_EQ(bench.runs.events("one", 1)[0].kind, "warning");
}

TEST(Runs, SamplesComeInTheirOrder) {
  RunBench bench;
  bench.runs.add("one", {});
  std::filesystem::create_directories(bench.folder / "runs/one/sample");
  for (const char* name : {"a_b_last_00_7", "a_b_000010_01_8", "a_b_000010_00_7", "a_b_000000_00_7"})
    formats::put(bench.folder / "runs/one/sample" / (std::string(name) + ".png"), "x");
  formats::put(bench.folder / "runs/one/sample/other.png", "x");
  std::string order;
  for (const RunSample& sample : bench.runs.samples("one")) order += fmt::format("{}/{} ", sample.label, sample.prompt);
  EXPECT_EQ(order, "000000/0 000010/0 000010/1 last/0 ");
}

TEST(Runs, RecordsOfOtherProgramsAreKept) {
  RunBench bench;
  bench.runs.add_record("gui.json", R"({"learning_rate": 1e-4, "optimizer": "Lion", "epoch": 10})");
  bench.runs.add_record("command", "accelerate launch train_network.py --network_dim=32 --optimizer_args \"a=1\" b=2");
  EXPECT_EQ(bench.runs.record_names(), (std::vector<std::string>{"command", "gui.json"}));
  EXPECT_EQ(bench.runs.recorded("gui.json")->options.at("optimizer_type"), "Lion");
  EXPECT_EQ(bench.runs.recorded("command")->options.at("optimizer_args"), "a=1 b=2");
  bench.runs.remove_record("command");
  EXPECT_THROW(bench.runs.remove_record("command"), Error);
  EXPECT_THROW(bench.runs.remove_record("../x"), Error);
}

TEST(Runs, DamagedRecordsAreRefusedByTheirName) {
  RunBench bench;
  for (const char* name : {"a.json", "a.toml", "a.safetensors"}) {
    try {
      bench.runs.add_record(name, "\x01 nothing of the kind");
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
      EXPECT_EQ(std::string(error.what()).find(bench.folder.path().string()), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(bench.runs.add_record("a", "no options"), Error);
  EXPECT_THROW(bench.runs.add_record("../a.json", "{\"a\": 1}"), Error);
  EXPECT_TRUE(bench.runs.record_names().empty()) << "nothing is left behind";
  // What looks like a path or a file of this machine is only text.
  formats::put(bench.folder / "secret.toml", "network_dim = 99");
  EXPECT_THROW(bench.runs.add_record("b", (bench.folder / "secret.toml").string()), Error);
}

}  // namespace
}  // namespace darkroom::server
