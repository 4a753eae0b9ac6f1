#include "jobs/training_job.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "jobs/child_process.h"
#include "jobs/support.h"

namespace darkroom::jobs {
namespace {

using namespace std::chrono_literals;

/// A queue with a trainer that is a shell script: $* are its arguments.
struct TrainerBench {
  formats::TemporaryFolder folder;
  SqliteStore store{folder / "a.sqlite"};
  EventLog events;
  Queue queue{store, events};
  std::atomic<bool> lets_pass = true;
  TrainingWishes wishes;

  explicit TrainerBench(const std::string& script) {
    formats::put(folder / "trainer", "#!/bin/bash\nfor last; do :; done\nout=${last#--output_dir=}\n" + script);
    std::filesystem::permissions(folder / "trainer", std::filesystem::perms::owner_all);
    std::filesystem::create_directories(folder / "runs/a");
    queue.set_runner(
        "training",
        training_runner({folder / "trainer", folder / "runs", [this] { return lets_pass.load(); }, &wishes}),
        /*is_long=*/true);
    queue.set_runner("test", [this](const Job& job, JobControl&) {
      passed.push_back(job.id);
      said_that_it_stands |= has_told("while pictures are made");
    });
    queue.start();
  }
  void train(const std::string& id = "t") {
    Job job{.id = id, .kind = "training", .request = job_text({.run = "a", .options = {{"network_dim", {"4"}}}})};
    queue.submit(job);
  }
  void submit_picture(const std::string& id) {
    Job job = small_job(id);
    queue.submit(job);
  }
  bool has_told(const std::string& text) const {
    const auto told = events.after(0, 0ms);
    for (const Event& event : *told)
      if (event.data.find(text) != std::string::npos) return true;
    return false;
  }
  std::vector<std::string> passed;
  bool said_that_it_stands = false;
};

/// Steps until it is told to stop or to pause, as the trainer does.
const std::string kSteps = R"(
i=0
while :; do
  i=$((i + 1))
  echo "{\"stage\": \"training\", \"step\": $i, \"total\": 1000, \"note\": \"loss 0.5\"}"
  if read -t 0.02 order; then
    [ "$order" = stop ] && { touch "$out/saved"; exit 130; }
    [ "$order" = save ] && echo "$order" >> "$out/orders"
    [ "$order" = pause ] && { echo '{"paused": true}'; read order; echo "$order" >> "$out/orders"; }
  fi
done
)";

TEST(TrainingJob, IsReadBackAsItWas) {
  const TrainingJob job{.run = "a", .options = {{"optimizer_args", {"d_coef=2", "--odd"}}, {"network_dim", {"4"}}}};
  const TrainingJob back = training_job(job_text(job));
  EXPECT_EQ(back.run, job.run);
  EXPECT_EQ(back.options, job.options);
  EXPECT_THROW(training_job("{\"run\": 3}"), Error);
  EXPECT_THROW(training_job("no JSON"), Error);
}

TEST(TrainingJob, ValuesAreNeverOptions) {
  const auto words = training_arguments({.run = "a", .options = {{"output_name", {"--dry-run"}}}}, "/runs");
  EXPECT_EQ(words, (std::vector<std::string>{"train", "--job", "--output_name=--dry-run", "--output_dir=/runs/a"}));
}

TEST(TrainingJob, TellsProgressAndWarnings) {
  TrainerBench bench(
      "echo '{\"warning\": \"mind the gap\"}'; echo 'no JSON'; echo '{\"stage\": 3}'\n"
      "echo '{\"stage\": \"training\", \"step\": 7, \"total\": 9, \"note\": \"loss 0.5\"}'; sleep 0.1\n");
  bench.train();
  const Job job = bench.queue.wait("t").job;
  EXPECT_EQ(job.state, JobState::finished) << job.error;
  EXPECT_EQ(job.warnings, std::vector<std::string>{"mind the gap"});
  EXPECT_TRUE(bench.has_told("\"step\":7"));
  EXPECT_TRUE(bench.has_told("loss 0.5"));
}

TEST(TrainingJob, TellsWhatIsNewAndWhatAStepWasMadeWith) {
  TrainerBench bench(
      "echo '{\"event\": {\"step\": 6, \"kind\": \"state\", \"words\": \"State saved\"}}'\n"
      "echo '{\"batch\": {\"step\": 7, \"pictures\": [{\"name\": \"b.png\"}]}}'\n"
      "for i in 7 8; do echo \"{\\\"stage\\\": \\\"training\\\", \\\"step\\\": $i, \\\"total\\\": 9, \\\"note\\\": "
      "\\\"\\\"}\"; sleep 0.7; done\n");
  bench.train();
  bench.queue.wait("t");
  EXPECT_TRUE(bench.has_told(R"({"batch":{"pictures":[{"name":"b.png"}],"step":7},"noted":1,"run":"a","step":8})"))
      << "the newest news say all: those before are not kept";
}

TEST(TrainingJob, SaysWhyItFailed) {
  TrainerBench bench("echo '{\"error\": \"the loss is nan\"}'; exit 1\n");
  bench.train();
  EXPECT_EQ(bench.queue.wait("t").job.error, "the loss is nan");
}

TEST(TrainingJob, ADeadTrainerTakesNothingWithIt) {
  TrainerBench bench("echo '{\"stage\": \"training\", \"step\": 5, \"total\": 9, \"note\": \"\"}'; kill -KILL $$\n");
  bench.train();
  const Job job = bench.queue.wait("t").job;
  EXPECT_EQ(job.state, JobState::failed);
  EXPECT_NE(job.error.find("signal 9 at step 5"), std::string::npos) << job.error;
  bench.submit_picture("p");
  EXPECT_EQ(bench.queue.wait("p").job.state, JobState::finished) << "the queue goes on";
}

TEST(TrainingJob, CancelledItFinishesItsStepAndSaves) {
  TrainerBench bench(kSteps);
  bench.train();
  while (!bench.has_told("loss 0.5")) std::this_thread::sleep_for(10ms);
  bench.queue.cancel("t");
  EXPECT_EQ(bench.queue.wait("t").job.state, JobState::cancelled);
  EXPECT_TRUE(std::filesystem::exists(bench.folder / "runs/a/saved"));
}

TEST(TrainingJob, StandsStillWhilePicturesPass) {
  TrainerBench bench(kSteps);
  bench.train();
  while (!bench.has_told("loss 0.5")) std::this_thread::sleep_for(10ms);
  bench.submit_picture("p"), bench.submit_picture("q");
  EXPECT_EQ(bench.queue.wait("q").job.state, JobState::finished);
  EXPECT_EQ(bench.passed, (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(bench.store.job("t")->state, JobState::running);
  EXPECT_TRUE(bench.said_that_it_stands);
  bench.queue.cancel("t");
  bench.queue.wait("t");
  std::ifstream orders(bench.folder / "runs/a/orders");
  std::string order;
  std::getline(orders, order);
  EXPECT_EQ(order, "go on");
}

TEST(TrainingJob, PassesWishesOnOnce) {
  TrainerBench bench(kSteps);
  bench.wishes.add("a", "save");  // before it was started: of an earlier one
  bench.train();
  while (!bench.has_told("loss 0.5")) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(std::filesystem::exists(bench.folder / "runs/a/orders"));
  bench.wishes.add("a", "save"), bench.wishes.add("a", "save"), bench.wishes.add("b", "save");
  while (!std::filesystem::exists(bench.folder / "runs/a/orders")) std::this_thread::sleep_for(10ms);
  std::this_thread::sleep_for(300ms);
  bench.queue.cancel("t");
  bench.queue.wait("t");
  EXPECT_EQ(formats::content_of(bench.folder / "runs/a/orders"), "save\n");
  EXPECT_EQ(bench.wishes.take("b"), std::vector<std::string>{"save"});
}

TEST(TrainingJob, KeepsPicturesWaitingWhereItIsToldTo) {
  TrainerBench bench(kSteps);
  bench.lets_pass = false;
  bench.train();
  while (!bench.has_told("loss 0.5")) std::this_thread::sleep_for(10ms);
  bench.submit_picture("p");
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(bench.store.job("p")->state, JobState::waiting);
  bench.queue.cancel("t");
  EXPECT_EQ(bench.queue.wait("p").job.state, JobState::finished);
}

TEST(TrainingJob, WaitsWhileAFormerProcessHoldsTheRun) {
  TrainerBench bench("echo '{\"stage\": \"training\", \"step\": 1, \"total\": 1, \"note\": \"\"}'\n");
  auto held = std::make_unique<FileLock>(bench.folder / "runs/a/run.lock");
  ASSERT_TRUE(held->try_lock());
  bench.train();
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(bench.store.job("t")->state, JobState::running);
  EXPECT_TRUE(bench.has_told("former process"));
  held.reset();
  EXPECT_EQ(bench.queue.wait("t").job.state, JobState::finished);
}

TEST(TrainingJob, NamesAFolderThatIsGone) {
  TrainerBench bench("exit 0\n");
  std::filesystem::remove_all(bench.folder / "runs/a");
  bench.train();
  const Job job = bench.queue.wait("t").job;
  EXPECT_EQ(job.state, JobState::failed);
  EXPECT_NE(job.error.find("is gone"), std::string::npos) << job.error;
}

}  // namespace
}  // namespace darkroom::jobs
